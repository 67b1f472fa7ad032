import { describe, expect, it } from "vitest";
import { MAX_MESSAGE_BYTES, type QueueName, type WorkQueue } from "../../shared/pipeline/work-queue.ts";
import { until } from "../support/until.ts";
import { itChecks } from "./check.ts";

export interface Received {
  readonly text: string;
  /** Undefined: never. */
  readonly expiresOn: Date | undefined;
}

export interface EmptyQueue {
  readonly queue: WorkQueue;
  /** Takes a message that is visible out of the queue, as the Functions host does when its work is done. */
  receive(queue?: QueueName): Promise<Received | undefined>;
}

export interface WorkQueueUnderTest {
  /** A queue of its own for each test. */
  openEmpty(): Promise<EmptyQueue>;
  /** Of a service that fails every call. */
  openAway(): Promise<WorkQueue>;
  /** Of a service that takes calls and never answers. */
  openSilent(): Promise<WorkQueue>;
}

/** The contract of every adapter of the work queue. */
export function describeWorkQueue(name: string, underTest: WorkQueueUnderTest): void {
  const { openEmpty, openAway, openSilent } = underTest;
  describe(`work queue: ${name}`, () => {
    it("has a message for the reader as soon as it is put, once, unchanged, and for ever", async () => {
      const { queue, receive } = await openEmpty();
      const texts = ["w1:0:AAAA+/==", "<a href=\"x\">&amp;</a> 'ß' 語 🙂", "{}"];
      for (const text of texts) {
        await queue.put(text, 0);
        expect(await receive()).toEqual({ text, expiresOn: undefined });
        expect(await receive()).toBeUndefined();
      }
    });

    it("keeps every one of many messages put at once, equal ones too", async () => {
      const { queue, receive } = await openEmpty();
      const texts = Array.from({ length: 30 }, (_, i) => `message ${i % 10}`);
      await Promise.all(texts.map((text) => queue.put(text, 0)));
      expect(await queue.length("work")).toBe(30);
      const received = [];
      for (let next = await receive(); next; next = await receive()) received.push(next.text);
      expect(received.sort()).toEqual(texts.sort());
      expect(await queue.length("work")).toBe(0);
    });

    it("hides a message until its delay is over, counts it all the same, and lets others pass", async () => {
      const { queue, receive } = await openEmpty();
      const started = performance.now();
      await queue.put("late", 1);
      await queue.put("later than any test", 3_600);
      await queue.put("early", 0);
      expect((await receive())?.text).toBe("early");
      expect(await receive()).toBeUndefined();
      expect(await queue.length("work")).toBe(2);
      expect((await until(receive)).text).toBe("late");
      // The queue counts by its own clock, in milliseconds.
      expect(performance.now() - started).toBeGreaterThan(990);
      expect(await receive()).toBeUndefined();
    });

    it("takes a message of 64 KiB, refuses a larger one, and counts bytes, not characters", async () => {
      const { queue, receive } = await openEmpty();
      const largest = "x".repeat(MAX_MESSAGE_BYTES);
      await queue.put(largest, 0);
      await expect(queue.put(`${largest}x`, 0)).rejects.toThrow();
      await expect(queue.put("語".repeat(MAX_MESSAGE_BYTES / 2), 0)).rejects.toThrow();
      expect((await receive())?.text).toBe(largest);
      expect(await queue.length("work")).toBe(0);
    });

    it("keeps its queues apart", async () => {
      const { queue, receive } = await openEmpty();
      const names = ["bulk", "work", "jobs"] as const;
      for (const name of names) await queue.put(`of ${name}`, 0, name);
      expect(await Promise.all(names.map((name) => queue.length(name)))).toEqual([1, 1, 1]);
      for (const name of names)
        expect([(await receive(name))?.text, await receive(name)]).toEqual([`of ${name}`, undefined]);
    });

    it("throws while the service is away", async () => {
      const queue = await openAway();
      await expect(queue.put("x", 0)).rejects.toThrow();
      await expect(queue.length("work")).rejects.toThrow();
    });

    itChecks({ open: async () => (await openEmpty()).queue, openAway, openSilent });
  });
}
