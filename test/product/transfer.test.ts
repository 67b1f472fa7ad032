import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backgroundFunctions } from "../../functions/triggers.ts";
import { type HostProcess, startHost } from "../emulators/functions-host/support.ts";
import { connectProduct, type Json, type RunningProduct, type TestOrg } from "../support/connect-product.ts";
import { product } from "../support/product.ts";

const disabled = Object.fromEntries(backgroundFunctions.map((name) => [`AzureWebJobs.${name}.Disabled`, "true"]));
/** The product once more, with the same stores, in a host and a worker that stream HTTP. */
let streaming: HostProcess;
beforeAll(async () => {
  const args = ["--max-body", product.env.HEADRACE_MAX_BODY_BYTES ?? "4194304"];
  streaming = await startHost("streaming-product", { env: { ...product.env, ...disabled }, args });
});
afterAll(() => streaming.kill());

const event = (id: string): string => JSON.stringify({ event_id: id, event_type: "t" });

describe.each(["ordinary", "streaming"])("over the worker's %s mode, a body", (mode) => {
  let running: RunningProduct;
  let org: TestOrg;
  let baseUrl: string;
  beforeAll(async () => {
    baseUrl = mode === "ordinary" ? product.baseUrl : streaming.baseUrl;
    running = connectProduct({ baseUrl, env: product.env });
    org = await running.makeOrg();
  });
  afterAll(() => running.close());

  const headOf = (...fields: string[]): string =>
    [`POST /api/v1/events HTTP/1.1`, "Host: x", `Authorization: Bearer ${org.key}`, ...fields, "", ""].join("\r\n");
  const open = async (bytes: string): Promise<Socket> => {
    const socket = connect(Number(new URL(baseUrl).port), "127.0.0.1");
    await once(socket, "connect");
    socket.write(bytes);
    return socket;
  };
  /** Status and body of the last answer on a connection. */
  const lastOf = async (socket: Socket): Promise<[string | undefined, string | undefined, string]> => {
    const all = await text(socket);
    const statuses = Array.from(all.matchAll(/HTTP\/1.1 (\d+)/g), ([, status]) => status);
    return [statuses.join(), /"code":"(\w+)"/.exec(all)?.[1], all];
  };
  const storedIds = async (receiptId: unknown): Promise<unknown[]> => {
    await org.settled(receiptId);
    return ((await org.get("/api/v1/events")).body.events as Json[]).map(({ event_id }) => event_id).sort();
  };

  it.each([
    ["chunked", [], `${event("chunked").length.toString(16)}\r\n${event("chunked")}\r\n0\r\n\r\n`],
    ["chunked, with a trailer", ["Trailer: x-sum"], `2\r\n{}\r\n0\r\nx-sum: 1\r\n\r\n`],
    ["chunked, with no byte", [], "0\r\n\r\n"],
  ])("is refused with what to do instead, and not read: %s", async (_, fields, body) => {
    const head = headOf("Transfer-Encoding: chunked", "Connection: close", ...fields);
    const [statuses, code, all] = await lastOf(await open(head + body));
    expect([statuses, code]).toEqual(["411", "length_required"]);
    expect(all).toContain("chunked");
  });

  it("that comes chunked without end is refused while it comes", async () => {
    const socket = await open(headOf("Transfer-Encoding: chunked"));
    socket.write('3\r\n{"e\r\n');
    const [answer] = (await once(socket, "data")) as [Buffer];
    expect(String(answer)).toMatch(/^HTTP\/1.1 411 /);
    socket.destroy();
  });

  it("with a length and chunks at once is refused before the product", async () => {
    const [statuses] = await lastOf(await open(headOf("Transfer-Encoding: chunked", "Content-Length: 2")));
    expect(statuses).toBe("400");
  });

  it("is sent when `Expect: 100-continue` is answered, and refused unread when it is too large", async () => {
    const body = event("expected");
    const socket = await open(headOf("Expect: 100-continue", `Content-Length: ${body.length}`, "Connection: close"));
    const [go] = (await once(socket, "data")) as [Buffer];
    expect(String(go)).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    socket.write(body);
    expect((await lastOf(socket))[0]).toBe("202");
    const large = await open(headOf("Expect: 100-continue", "Content-Length: 99999999", "Connection: close"));
    expect((await lastOf(large)).slice(0, 2)).toEqual([mode === "ordinary" ? "413" : "100,413", "body_too_large"]);
  });

  it("that is cut off leaves nothing, and no memory held", async () => {
    const half = headOf("Content-Length: 3000000") + event("cut");
    for (let i = 0; i < 20; i++) {
      const socket = await open(half);
      await new Promise<void>((resolve) => socket.end(resolve));
      socket.destroy();
    }
    const whole = JSON.stringify({
      events: [{ event_id: "whole", event_type: "t", properties: { t: "x".repeat(200_000) } }],
    });
    const { status, body } = await org.post(whole);
    expect(status).toBe(202);
    expect(await storedIds(body.receipt_id)).not.toContain("cut");
  });

  it("that is shorter than it is is not JSON, and what follows is no request", async () => {
    const body = event("lies");
    const [statuses, code] = await lastOf(await open(headOf(`Content-Length: ${body.length - 1}`) + body));
    expect([statuses, code]).toEqual(["400,400", "invalid_json"]);
  });

  it("of any bytes arrives as they are", async () => {
    const every = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const packed = gzipSync(Buffer.from(event("packed")));
    const taken = await org.post(packed, { "content-encoding": "gzip", "content-type": "application/x-protobuf" });
    expect(taken.status).toBe(202);
    const refused = await org.post(every, { "content-type": "application/x-protobuf" });
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_json"]);
  });
});

describe("over the worker's streaming mode", () => {
  it("a handler that throws answers a problem", async () => {
    const answer = await fetch(`${streaming.baseUrl}/throws/7?id=8&ID=9`);
    expect([answer.status, answer.headers.get("content-type")]).toEqual([500, "application/problem+json"]);
    expect(await answer.json()).toMatchObject({ code: "internal", status: 500, request_id: expect.any(String) });
    // The parameter of the path, whatever the query says.
    expect(streaming.lines.filter((line) => line.includes("thrown for 7"))).toHaveLength(1);
  });

  it("no parameter of the query takes the place of one of the path, whatever its case", async () => {
    const running = connectProduct({ baseUrl: streaming.baseUrl, env: product.env });
    const org = await running.makeOrg();
    const { body } = await org.post(event("one"));
    await org.settled(body.receipt_id);
    // A query is refused where there is none: the path was read before.
    for (const query of ["", "?receipt_id=x", "?RECEIPT_ID=x"])
      expect((await org.get(`/api/v1/receipts/${String(body.receipt_id)}${query}`)).status).toBe(
        query === "" ? 200 : 400,
      );
    running.close();
  });
});
