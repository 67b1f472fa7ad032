import { randomBytes } from "node:crypto";
import { describe, expect, it } from "vitest";
import { type EventStream, MAX_INLINE_BYTES } from "../../shared/ingest/event-stream.ts";
import { until } from "../support/until.ts";
import { itChecks } from "./check.ts";

export interface OpenStream {
  readonly stream: EventStream;
  /** Every message that the stream holds, as its readers get them. */
  readAll(): Promise<readonly Buffer[]>;
}

export interface EventStreamUnderTest {
  /** A stream of its own for each test. */
  openEmpty(): Promise<OpenStream>;
  /** Of a service that cannot be reached until it comes back. It reports that within a second. */
  openAway(): Promise<OpenStream & { comeBack(): Promise<void> }>;
  /** Of a service that takes calls and never answers. */
  openSilent(): Promise<EventStream>;
}

const unavailable = { code: "stream_unavailable", retryAfter: expect.any(Number) };
const sorted = (messages: readonly Buffer[]): string[] => messages.map((message) => message.toString("base64")).sort();

/** The contract of every adapter of the event stream. */
export function describeEventStream(name: string, underTest: EventStreamUnderTest): void {
  const { openEmpty, openAway, openSilent } = underTest;
  describe(`event stream: ${name}`, () => {
    it("holds a message, byte for byte, when publishing it has ended", async () => {
      const { stream, readAll } = await openEmpty();
      await stream.open();
      expect(await readAll()).toEqual([]);
      const message = Buffer.concat([Buffer.of(0, 255, 10, 13), randomBytes(1_000)]);
      await stream.publish(message);
      expect(await readAll()).toEqual([message]);
    });

    it("holds every one of many messages published at once, equal ones too, without being opened before", async () => {
      const { stream, readAll } = await openEmpty();
      const messages = Array.from({ length: 300 }, (_, i) => Buffer.from(`message ${i % 100}`));
      await Promise.all(messages.map((message) => stream.publish(message)));
      expect(sorted(await readAll())).toEqual(sorted(messages));
    });

    it("takes the largest message that travels inline, several at once too", async () => {
      const { stream, readAll } = await openEmpty();
      const messages = Array.from({ length: 6 }, () => randomBytes(MAX_INLINE_BYTES));
      await Promise.all(messages.map((message) => stream.publish(message)));
      expect(sorted(await readAll())).toEqual(sorted(messages));
    });

    it("refuses only the message that is too large, and takes those published beside it", async () => {
      const { stream, readAll } = await openEmpty();
      const [before, after] = [Buffer.from("before"), Buffer.from("after")];
      const [first, tooLarge, last] = await Promise.allSettled(
        [before, randomBytes(2 * 1024 * 1024), after].map((message) => stream.publish(message)),
      );
      expect(tooLarge).toMatchObject({ status: "rejected", reason: unavailable });
      expect([first?.status, last?.status]).toEqual(["fulfilled", "fulfilled"]);
      expect(sorted(await readAll())).toEqual(sorted([before, after]));
    });

    it("reports in time that the service is away, and finds it by itself when it is back", async () => {
      const { stream, readAll, comeBack } = await openAway();
      await expect(stream.open()).rejects.toThrow();
      await expect(stream.publish(Buffer.from("lost"))).rejects.toMatchObject(unavailable);
      await comeBack();
      const publish = (): Promise<true | undefined> =>
        stream.publish(Buffer.from("found")).then(
          () => true,
          () => undefined,
        );
      await until(publish);
      expect((await readAll()).map(String)).toContain("found");
    });

    itChecks({
      open: async () => (await openEmpty()).stream,
      openAway: async () => (await openAway()).stream,
      openSilent,
    });
  });
}
