import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { createLastingProducer, type Producer } from "../../../shared/ingest/event-hubs-producer.ts";
import { silent } from "../../../shared/telemetry/log.ts";

const STUCK_MS = 50;

/** Producers by number; what the others answer is the test's to say. */
function makeProducers(isWorking: (number: number) => boolean) {
  const made: number[] = [];
  const closed: number[] = [];
  const lines: string[] = [];
  const log = { ...silent, warn: (line: string) => void lines.push(line) };
  const make = (): Producer => {
    const number = made.push(made.length);
    const answer = async () => {
      if (!isWorking(number)) throw new Error(`producer ${number} waits for a lock`);
    };
    const close = async () => {
      closed.push(number);
      // As one whose locks hold this up too.
      await new Promise(() => undefined);
    };
    return { createBatch: answer, sendBatch: answer, getEventHubProperties: answer, close } as unknown as Producer;
  };
  return { made, closed, lines, lasting: createLastingProducer(make, log, STUCK_MS) };
}

test("a producer of which nothing works for long is replaced, and the next use works", async () => {
  const { made, closed, lines, lasting } = makeProducers((number) => number > 1);
  await expect(lasting.createBatch()).rejects.toThrow("producer 1");
  await sleep(STUCK_MS + 10);
  await expect(lasting.getEventHubProperties()).rejects.toThrow("producer 1");
  await lasting.createBatch();
  expect([made.length, closed, lines]).toEqual([2, [1], [expect.stringContaining("made anew")]]);
});

test("one that works now and then is kept, however often it fails", async () => {
  let works = false;
  const { made, lasting } = makeProducers(() => works);
  for (let round = 0; round < 3; round++) {
    works = false;
    await expect(lasting.createBatch()).rejects.toThrow("producer 1");
    await sleep(STUCK_MS + 10);
    works = true;
    await lasting.getEventHubProperties();
  }
  expect(made).toHaveLength(1);
});

test("many that fail at once make one new producer, and it has as long again", async () => {
  const { made, lasting } = makeProducers(() => false);
  const failAll = () => Promise.allSettled(Array.from({ length: 20 }, () => lasting.createBatch()));
  await failAll();
  await sleep(STUCK_MS + 10);
  await failAll();
  await failAll();
  expect(made).toHaveLength(2);
});
