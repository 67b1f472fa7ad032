import { type HttpHandler, HttpRequest, type HttpResponseInit, InvocationContext } from "@azure/functions";
import { expect, it } from "vitest";
import { createEndpoint } from "../../../shared/http/endpoint.ts";
import { createAccessWorld } from "../../support/access-world.ts";

it("a failure is logged with the caller's org and key, and the answer gives neither these nor the reason", async () => {
  const world = createAccessWorld();
  const { key, keyId } = await world.makeKey("acme");
  const log: string[] = [];
  const context = new InvocationContext({ logHandler: (_level, ...args) => void log.push(args.map(String).join(" ")) });
  const endpoint = createEndpoint(world.startInstance())("query-events", async () => {
    throw new Error("the disk is full");
  });
  const headers = { authorization: `Bearer ${key}` };
  const answer = await endpoint(new HttpRequest({ url: "https://headrace.test/", method: "GET", headers }), context);
  const { status, body } = answer as { status: number; body: string };
  expect([status, log.length]).toEqual([500, 1]);
  expect(JSON.parse(log[0] ?? "")).toMatchObject({
    org_id: "acme",
    subject: `key:${keyId}`,
    error: { message: "the disk is full" },
  });
  expect(body).not.toMatch(/acme|disk/);
});

it("a change that outlives its token is refused to a credential that the store does not know any more; reading is not", async () => {
  const world = createAccessWorld();
  const { key, keyId } = await world.makeKey("acme", ["keys:manage"]);
  const endpoint = createEndpoint(world.startInstance());
  const headers = { authorization: `Bearer ${key}` };
  const send = async (handler: HttpHandler): Promise<unknown> => {
    const request = new HttpRequest({ url: "https://headrace.test/", method: "POST", headers });
    const { status } = (await handler(
      request,
      new InvocationContext({ logHandler: () => undefined }),
    )) as HttpResponseInit;
    return status;
  };
  const done: string[] = [];
  const handle = async () => {
    done.push("done");
    return { status: 200 };
  };
  expect(await send(endpoint("create-key", handle))).toBe(200);
  await world.revokeKey("acme", keyId);
  expect(await send(endpoint("create-key", handle))).toBe(401);
  expect(done).toEqual(["done"]);
  expect(await send(endpoint("list-keys", handle))).toBe(200);
  expect(done).toEqual(["done", "done"]);
});
