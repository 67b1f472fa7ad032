import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createConsumer, createProducer, HUB, receive, startEmulator, temporaryFolder } from "./support.ts";

const PARTITIONS = 2;

interface Send {
  readonly partition: number;
  readonly sizes: readonly number[];
}

const size = fc.oneof(
  { weight: 8, arbitrary: fc.nat({ max: 2000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 65_000, max: 66_500 }) },
  { weight: 1, arbitrary: fc.integer({ min: 250_000, max: 320_000 }) },
);
const send: fc.Arbitrary<Send> = fc.record({
  partition: fc.nat({ max: PARTITIONS - 1 }),
  sizes: fc.array(size, { minLength: 1, maxLength: 3 }),
});

/** Random looking bytes. The first one cannot begin JSON. */
function bodyOf(seed: string, length: number): Buffer {
  const digest = createHash("sha256").update(seed).digest();
  return Buffer.alloc(length, Buffer.concat([Buffer.from([0xff]), digest]));
}

test("received events equal sent ones, by partition and in order, whatever the sizes, batches and restarts", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(send, { minLength: 1, maxLength: 12 }), fc.nat({ max: 12 }), async (sends, restartAt) => {
      const dataDir = await temporaryFolder();
      const options = { dataDir, hubs: [{ name: HUB, partitions: PARTITIONS, consumerGroups: [] }] };
      const expected: Buffer[][] = Array.from({ length: PARTITIONS }, () => []);
      let emulator = await startEmulator(options);
      let producer = createProducer(emulator.connectionString);
      for (const [i, { partition, sizes }] of sends.entries()) {
        if (i === restartAt) {
          await producer.close();
          await emulator.close();
          emulator = await startEmulator(options);
          producer = createProducer(emulator.connectionString);
        }
        const bodies = sizes.map((length, at) => bodyOf(`${i}/${at}`, length));
        await producer.sendBatch(
          bodies.map((body) => ({ body })),
          { partitionId: String(partition) },
        );
        expected[partition]?.push(...bodies);
      }
      await producer.close();
      const consumer = createConsumer(emulator.connectionString);
      for (const [partition, bodies] of expected.entries()) {
        const events = await receive(consumer, String(partition), bodies.length);
        expect(events.length).toBe(bodies.length);
        expect(events.every(({ body }, at) => bodies[at]?.equals(body as Buffer))).toBe(true);
        expect(events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(bodies.map((_, at) => at));
      }
      await consumer.close();
      await emulator.close();
    }),
    { numRuns: 15 },
  );
});
