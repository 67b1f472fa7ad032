import { randomBytes } from "node:crypto";
import { HttpRequest, InvocationContext } from "@azure/functions";
import { beforeEach, describe, expect, it } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { createEdge } from "../../../shared/http/edge.ts";
import { createEndpoint } from "../../../shared/http/endpoint.ts";
import type { Principal } from "../../../shared/identity/principal.ts";
import { createWayIn } from "../../../shared/ingest/endpoints.ts";
import { parseBody } from "../../../shared/ingest/parse-body.ts";
import { v1 } from "../../../shared/ingest/v1.ts";
import type { WayIn } from "../../../shared/ingest/way-in.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { createSharedMemory } from "../../../shared/runtime/shared-memory.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryEventStream, type MemoryEventStream } from "../../support/memory-event-stream.ts";

const limits = { bodyBytes: 1_000, unpackedBytes: 2_000, events: 10, eventBytes: 1_000, eventTypes: 10 };
const principal: Principal = { orgId: "a", subject: "key:k", scopes: ["events:write"], tokenId: "k" };

/** Bytes of its own: a key, a byte 0, and then the type of each event, by its length. */
const binary: WayIn = {
  credentialOf: async (_, readSent) => {
    const sent = await readSent();
    return `Bearer ${sent.toString("latin1", 0, sent.indexOf(0))}`;
  },
  read: (body, _, own, turns) => {
    const types: string[] = [];
    for (let at = body.indexOf(0) + 1; at < body.length; at += 1 + (body[at] ?? 0))
      types.push(body.toString("utf8", at + 1, at + 1 + (body[at] ?? 0)));
    return parseBody(Buffer.from(JSON.stringify(types.map((event_type) => ({ event_type })))), own, turns);
  },
  answer: ({ accepted }) => ({ status: 200, body: `${accepted}`, headers: { "content-type": "text/plain" } }),
};

describe("a way in", () => {
  let stream: MemoryEventStream;
  let shown: (string | null)[];
  const send = async (way: WayIn, body: Buffer, { headers = {}, query = "" } = {}) => {
    const ring = createKeyRing([randomBytes(32)]);
    const keyRings = { current: async () => ring, knowing: async () => ring };
    const memory = createSharedMemory({ maxBytes: 10_000, waitMs: 20 });
    const openJudge = async () => undefined;
    const deps = { stream, claims: createMemoryClaimStore(), keyRings, memory, openJudge, limits, now: Date.now };
    const create = createEndpoint({
      edge: createEdge({ frontDoorId: undefined, clientAddressHeader: "x-forwarded-for" }),
      authenticate: async (authorization) => {
        shown.push(authorization);
        if (authorization === null) throw new AppError("credential_missing", "nothing was shown");
        return principal;
      },
      requireCurrent: async () => undefined,
    });
    const url = `https://headrace.test/api/v1/events${query}`;
    const sent = { "content-length": String(body.length), ...headers };
    const request = new HttpRequest({ url, method: "POST", headers: sent, body: { bytes: body } });
    const context = new InvocationContext({ functionName: "ingest-events", logHandler: () => undefined });
    return create("ingest-events", createWayIn(deps, way))(request, context);
  };
  beforeEach(() => {
    stream = createMemoryEventStream();
    shown = [];
  });

  it("may have its credential in the body, which reaches it as the bytes that were sent, and an answer of its own", async () => {
    const body = Buffer.concat([Buffer.from("hrp_a_k\0"), Buffer.of(2, 0xc3, 0xa9), Buffer.of(1, 0x78)]);
    expect(await send(binary, body)).toMatchObject({
      status: 200,
      body: "2",
      headers: { "content-type": "text/plain" },
    });
    expect(shown).toEqual(["Bearer hrp_a_k"]);
    expect(stream.published).toHaveLength(1);
  });

  it("reads no more for a credential than of any body", async () => {
    expect(await send(binary, Buffer.alloc(limits.bodyBytes + 1))).toMatchObject({ status: 413 });
    expect([shown, stream.published]).toEqual([[], []]);
  });

  it("is admitted between its credential and its body: by what is announced, before anything is read", async () => {
    const headers = { authorization: "Bearer hrp_a_k", "content-length": `${limits.bodyBytes + 1}` };
    const unread: WayIn = { ...v1, read: () => Promise.reject(new Error("it was read")) };
    expect(await send(unread, Buffer.from("{}"), { headers })).toMatchObject({ status: 413 });
    expect(await send(unread, Buffer.from("{}"), { headers: { "content-length": "9999" } })).toMatchObject({
      status: 401,
    });
    expect(shown).toEqual(["Bearer hrp_a_k", null]);
  });

  it.each([
    ["?key=hrp_a_k", undefined, "Bearer hrp_a_k"],
    ["?v=2&%6bey=hrp%5fa_k", undefined, "Bearer hrp_a_k"],
    ["?key=hrp_a_k&key=hrp_a_k", undefined, "Bearer hrp_a_k"],
    ["?key=hrp_a_k", "Bearer hrp_a_k", "Bearer hrp_a_k"],
    ["?key=hrp_a_k", "bearer  hrp_a_k ", "Bearer hrp_a_k"],
    ["?key=hrp_a_k", "Basic YTpi", "Bearer hrp_a_k"],
    ["?monkey=hrp_a_k&%zz", "Bearer hrp_a_k", "Bearer hrp_a_k"],
    ["", undefined, null],
  ])("of v1 is authenticated by the key in the query or the header: %s and %s", async (query, authorization, found) => {
    await send(v1, Buffer.from('{"event_type":"x"}'), { query, headers: authorization ? { authorization } : {} });
    expect(shown).toEqual([found]);
  });

  it.each([
    ["?key=hrp_a_k", "Bearer hr_a_other", 400],
    ["?key=hrp_a_k", "Bearer hrp_a_k, Bearer hr_a_other", 400],
    ["?key=hrp_a_k&key=hr_a_other", undefined, 400],
    ["?key=", "Bearer hrp_a_k", 400],
    ["?key=", undefined, 401],
    ["?key=a.b.c", undefined, 401],
    ["?key=hrp_a_k,hr_b_k", undefined, 401],
  ])(
    "of v1 tries nothing when the credentials differ, or `key` is none: %s and %s",
    async (query, authorization, status) => {
      const body = Buffer.from('{"event_type":"x"}');
      const answer = await send(v1, body, { query, headers: authorization ? { authorization } : {} });
      expect(answer).toMatchObject({ status });
      expect([shown, stream.published]).toEqual([[], []]);
    },
  );
});
