import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { HttpRequest } from "@azure/functions";
import { beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../shared/errors.ts";
import { readBody } from "../../../shared/http/read-body.ts";
import type { Principal } from "../../../shared/identity/principal.ts";
import { receiveBatch } from "../../../shared/ingest/receive-batch.ts";
import { v1 } from "../../../shared/ingest/v1.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { createSharedMemory, type SharedMemory } from "../../../shared/runtime/shared-memory.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryEventStream, type MemoryEventStream } from "../../support/memory-event-stream.ts";

const MB = 1024 * 1024;
const limits = { bodyBytes: 4 * MB, unpackedBytes: 8 * MB, events: 10, eventBytes: 4 * MB, eventTypes: 10 };
const ring = createKeyRing([randomBytes(32)]);
const principal: Principal = { orgId: "a", subject: "key:k", scopes: ["events:write"], tokenId: "k" };
const event = '{"event_type":"x"}';
/** Larger than a body that never waits. */
const large = `[${event}${" ".repeat(100_000)}]`;
/** Packs to a thousandth of its size, far smaller than usual bodies. */
const spacious = Buffer.from(`[${event}${" ".repeat(6 * MB)}]`);

interface Sent {
  readonly body: string | Buffer;
  readonly encoding?: string;
}

const toRequest = ({ body, encoding }: Sent): HttpRequest =>
  new HttpRequest({
    url: "https://headrace.test/api/v1/events",
    method: "POST",
    headers: {
      "content-length": String(Buffer.from(body).length),
      ...(encoding !== undefined && { "content-encoding": encoding }),
    },
    body: { bytes: Buffer.from(body) },
  });

describe("the memory of a request", () => {
  let memory: SharedMemory;
  let stream: MemoryEventStream;
  let claims: ReturnType<typeof createMemoryClaimStore>;
  let receive: (sent: Sent) => Promise<unknown>;
  beforeEach(() => {
    memory = createSharedMemory({ maxBytes: limits.unpackedBytes, waitMs: 20 });
    stream = createMemoryEventStream();
    claims = createMemoryClaimStore();
    const keyRings = { current: async () => ring, knowing: async () => ring };
    const deps = { stream, claims, keyRings, limits, now: Date.now, openJudge: async () => undefined };
    receive = (sent) => {
      const request = toRequest(sent);
      return receiveBatch({ ...deps, memory }, v1, request, principal, () => readBody(request, limits.bodyBytes));
    };
  });
  /** Whether this many bytes would be let through at the moment. */
  const hasRoomFor = (bytes: number): boolean => {
    const share = memory.takeNow("b", bytes);
    share?.shrink(0);
    return share !== undefined;
  };

  it.each([
    ["is accepted", { body: large }],
    ["is accepted, packed", { body: gzipSync(event), encoding: "gzip" }],
    ["is accepted, packed far smaller than usual", { body: gzipSync(spacious) }],
  ])("is given back when the batch %s", async (_, sent) => {
    expect(await receive(sent)).toMatchObject({ accepted: 1 });
    expect(hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it.each<[ErrorCode, Sent]>([
    ["unsupported_encoding", { body: large, encoding: "compress" }],
    ["corrupt_body", { body: gzipSync(event).subarray(0, -3) }],
    ["body_too_large", { body: gzipSync(Buffer.alloc(limits.unpackedBytes + 1)) }],
    ["invalid_json", { body: `{${large}` }],
    ["no_valid_event", { body: large.replace(event, "7") }],
  ])("is given back when the batch is refused: %s", async (code, sent) => {
    await expect(receive(sent)).rejects.toMatchObject({ code });
    expect(hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("is given back when the blob for a batch that no message holds is not written", async () => {
    claims.away = true;
    const body = `[{"event_type":"x","properties":{"text":"${randomBytes(1.5 * MB).toString("base64")}"}}]`;
    await expect(receive({ body })).rejects.toMatchObject({ code: "stream_unavailable" });
    expect(hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("is given back when the stream does not take the batch", async () => {
    stream.away = true;
    await expect(receive({ body: large })).rejects.toMatchObject({ code: "stream_unavailable" });
    expect(hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("is given back when the envelope is packed, but for what was sent: the stream may hang", async () => {
    const acknowledged = Promise.withResolvers<void>();
    const published = Promise.withResolvers<void>();
    stream.hanging = acknowledged.promise;
    const { publish } = stream;
    stream.publish = (message) => {
      published.resolve();
      return publish(message);
    };
    const answer = receive({ body: gzipSync(spacious) });
    await published.promise;
    expect(stream.published).toEqual([]);
    expect(hasRoomFor(limits.unpackedBytes)).toBe(false);
    expect(hasRoomFor(limits.unpackedBytes - 16 * 1024)).toBe(true);
    acknowledged.resolve();
    expect(await answer).toMatchObject({ accepted: 1 });
    expect(hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("of a body that unpacks to more than usual is waited for, and then the body is accepted", async () => {
    memory = createSharedMemory({ maxBytes: limits.unpackedBytes, waitMs: 60_000 });
    const other = memory.takeNow("b", 4 * MB);
    const answer = receive({ body: gzipSync(spacious) });
    // From then on others are let through behind the request only.
    while (hasRoomFor(2 * MB)) await new Promise((resolve) => setImmediate(resolve));
    other?.shrink(0);
    expect(await answer).toMatchObject({ accepted: 1 });
  });

  it("is not waited for by a small body, packed or not", async () => {
    memory.takeNow("b", limits.unpackedBytes);
    expect(await receive({ body: event })).toMatchObject({ accepted: 1 });
    expect(await receive({ body: gzipSync(event) })).toMatchObject({ accepted: 1 });
  });

  it.each([
    ["plain", { body: large }],
    ["packed", { body: gzipSync(large) }],
    ["packed far smaller than usual", { body: gzipSync(spacious) }],
  ])("that has not come in time is a 503 that says when to try again, and nothing is taken: %s", async (_, sent) => {
    memory.takeNow("b", limits.unpackedBytes);
    await expect(receive(sent)).rejects.toMatchObject({ code: "busy", status: 503, retryAfter: 2 });
    expect(stream.published).toEqual([]);
  });
});
