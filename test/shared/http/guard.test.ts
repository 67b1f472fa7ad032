import { type HttpHandler, HttpRequest, InvocationContext } from "@azure/functions";
import { describe, expect, it } from "vitest";
import { guard } from "../../../shared/http/guard.ts";

async function call(path: string, handler: HttpHandler, params: Record<string, string> = {}) {
  const log: string[] = [];
  const context = new InvocationContext({ logHandler: (_, ...args) => void log.push(args.map(String).join(" ")) });
  const request = new HttpRequest({ url: "https://headrace.test/", method: "GET", params });
  return { answer: await guard(path, handler)(request, context), log };
}

describe("a handler as it is registered", () => {
  it("answers a problem document when it throws, at once or later, and tells the log only why", async () => {
    const failing: HttpHandler[] = [
      () => {
        throw new Error("the disk is full");
      },
      async () => Promise.reject(new Error("the disk is full")),
    ];
    for (const handler of failing) {
      const { answer, log } = await call("x", handler);
      const { status, headers, body } = answer as { status: number; headers: Record<string, string>; body: string };
      expect([status, headers["content-type"]]).toEqual([500, "application/problem+json"]);
      expect(JSON.parse(body)).toMatchObject({ code: "internal", request_id: headers["x-request-id"] });
      expect(body).not.toContain("disk");
      expect(log.join()).toContain("the disk is full");
    }
  });

  it("has the parameters of its path, spelled as there, and no other", async () => {
    const seen = async (path: string, params: Record<string, string>): Promise<unknown> => {
      const { answer } = await call(path, async (request) => ({ jsonBody: request.params }), params);
      return (answer as { jsonBody: unknown }).jsonBody;
    };
    expect(await seen("keys/{key_id}/rotate", { KEY_ID: "7", other: "x" })).toEqual({ key_id: "7" });
    expect(await seen("{a}/{b}", { b: "2", a: "1" })).toEqual({ a: "1", b: "2" });
    expect(await seen("{*path}", { Path: "a/b" })).toEqual({ path: "a/b" });
    expect(await seen("{*path}", {})).toEqual({});
  });
});
