import { randomBytes } from "node:crypto";
import { gzipSync } from "node:zlib";
import { HttpRequest } from "@azure/functions";
import { beforeEach, describe, expect, it } from "vitest";
import type { ErrorCode } from "../../../shared/errors.ts";
import type { Principal } from "../../../shared/identity/principal.ts";
import { receiveBatch } from "../../../shared/ingest/receive-batch.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { createMemoryBudget, type MemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryEventStream, type MemoryEventStream } from "../../support/memory-event-stream.ts";

const MB = 1024 * 1024;
const limits = { bodyBytes: 4 * MB, unpackedBytes: 8 * MB, events: 10, eventBytes: 4 * MB, eventTypes: 10 };
const ring = createKeyRing([randomBytes(32)]);
const principal: Principal = { orgId: "a", subject: "key:k", scopes: ["events:write"], tokenId: "k" };
const event = '{"event_type":"x"}';
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
    headers: encoding === undefined ? {} : { "content-encoding": encoding },
    body: { bytes: Buffer.from(body) },
  });

describe("the memory of a request", () => {
  let memory: MemoryBudget;
  let stream: MemoryEventStream;
  let receive: (sent: Sent) => Promise<unknown>;
  beforeEach(() => {
    memory = createMemoryBudget(limits.unpackedBytes);
    stream = createMemoryEventStream();
    const keyRings = { current: async () => ring, knowing: async () => ring };
    const deps = { stream, claims: createMemoryClaimStore(), keyRings, memory, limits, now: Date.now };
    receive = (sent) => receiveBatch(deps, toRequest(sent), principal);
  });
  /** Whether this many bytes would be let through at the moment. */
  const hasRoomFor = async (bytes: number): Promise<boolean> => {
    let through = false;
    void memory.take(bytes).then((lease) => {
      through = true;
      lease.giveBack();
    });
    await new Promise((resolve) => setImmediate(resolve));
    return through;
  };

  it.each([
    ["is accepted", { body: event }],
    ["is accepted, packed", { body: gzipSync(event), encoding: "gzip" }],
    ["is accepted, packed far smaller than usual", { body: gzipSync(spacious) }],
  ])("is given back when the batch %s", async (_, sent) => {
    expect(await receive(sent)).toMatchObject({ accepted: 1 });
    expect(await hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it.each<[ErrorCode, Sent]>([
    ["unsupported_encoding", { body: event, encoding: "compress" }],
    ["corrupt_body", { body: gzipSync(event).subarray(0, -3) }],
    ["body_too_large", { body: gzipSync(Buffer.alloc(limits.unpackedBytes + 1)) }],
    ["invalid_json", { body: "{" }],
    ["no_valid_event", { body: "[7]" }],
  ])("is given back when the batch is refused: %s", async (code, sent) => {
    await expect(receive(sent)).rejects.toMatchObject({ code });
    expect(await hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("is given back when the stream does not take the batch", async () => {
    stream.away = true;
    await expect(receive({ body: event })).rejects.toMatchObject({ code: "stream_unavailable" });
    expect(await hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("is held until the stream has acknowledged the batch", async () => {
    const acknowledged = Promise.withResolvers<void>();
    stream.hanging = acknowledged.promise;
    const answer = receive({ body: event });
    // Until the request has taken its memory.
    while (await hasRoomFor(limits.unpackedBytes));
    expect(stream.published).toEqual([]);
    expect(await hasRoomFor(limits.unpackedBytes)).toBe(false);
    acknowledged.resolve();
    expect(await answer).toMatchObject({ accepted: 1 });
    expect(await hasRoomFor(limits.unpackedBytes)).toBe(true);
  });

  it("of a body that unpacks to more than usual is waited for, and then the body is accepted", async () => {
    const other = await memory.take(4 * MB);
    const answer = receive({ body: gzipSync(spacious) });
    // From then on others are let through behind the request only.
    while (await hasRoomFor(1));
    other.giveBack();
    expect(await answer).toMatchObject({ accepted: 1 });
  });
});
