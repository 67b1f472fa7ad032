import type { InvocationContext } from "@azure/functions";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { nameUnreadable } from "../../../shared/envelope/frame.ts";
import { readStreamMessages } from "../../../shared/pipeline/read-stream-messages.ts";
import { type Logger, silent } from "../../../shared/telemetry/log.ts";

/** An invocation with metadata as the library makes it of the host's. */
const withMetadata = (triggerMetadata: unknown) => ({ triggerMetadata }) as unknown as InvocationContext;

/** As protobuf.js makes it: two signed halves. */
const toLong = (n: bigint) => ({
  low: Number(BigInt.asIntN(32, n)),
  high: Number(BigInt.asIntN(32, n >> 32n)),
  unsigned: false,
});

function listen(): { log: Logger; lines: [string, unknown][] } {
  const lines: [string, unknown][] = [];
  return { lines, log: { ...silent, error: (message, fields) => void lines.push([message, fields]) } };
}

describe("where a message stands", () => {
  const sourceOf = (sequence: unknown): string | undefined =>
    readStreamMessages(
      [Buffer.of(1)],
      withMetadata({ partitionContext: { partitionId: 3 }, sequenceNumberArray: [sequence], offsetArray: [7] }),
      silent,
    )[0]?.source;

  it("is the same whether the worker hands a long over as a number or in two halves", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (n) => {
        expect(sourceOf(n)).toBe(`event hub partition 3 sequence ${n}`);
        expect(sourceOf(toLong(BigInt(n)))).toBe(sourceOf(n));
      }),
    );
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (n) => {
        expect(sourceOf(toLong(n))).toBe(`event hub partition 3 sequence ${n}`);
      }),
    );
  });

  it("is told by the offset where the sequence number is not known", () => {
    for (const unknown of [undefined, null, {}, { low: "1", high: 0 }, 1.5, "x", []])
      expect(sourceOf(unknown)).toBe("event hub partition 3 offset 7");
  });
});

describe("a hub whose metadata has other fields than we know", () => {
  const bodies = [1, 2, 3, 4, 5].map((n) => Buffer.of(n));
  const known = { partitionContext: { partitionId: "0" }, sequenceNumberArray: [0, 1, 2, 3, 4], offsetArray: [] };

  it.each([
    ["none at all", undefined],
    ["others", { partition: { id: "0" }, sequenceNumbers: [0, 1, 2, 3, 4] }],
    ["lists that are too short", { ...known, sequenceNumberArray: [0, 1] }],
    ["lists that are none", { ...known, sequenceNumberArray: { first: 0 }, offsetArray: "0" }],
    ["a partition of another form", { ...known, partitionContext: { partitionId: { id: 0 } } }],
  ])("%s: no message is lost, each has a name of its own, and one line in the log says so", (_what, metadata) => {
    const { log, lines } = listen();
    const read = readStreamMessages(bodies, withMetadata(metadata), log);
    expect(read.map(({ body }) => body)).toEqual(bodies);
    expect(new Set(read.map(({ source, body }) => nameUnreadable(source, body))).size).toBe(5);
    const fields = { fields: Object.keys(metadata ?? {}), messages: 5 };
    expect(lines).toEqual([["the trigger does not say where its messages stand in the event hub", fields]]);
  });

  it("those that we know and more: nothing is said", () => {
    const { log, lines } = listen();
    readStreamMessages(bodies, withMetadata({ ...known, geoReplication: { role: "primary" }, epochArray: [] }), log);
    expect(lines).toEqual([]);
  });
});
