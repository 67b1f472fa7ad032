import { writevSync } from "node:fs";
import { expect, test } from "vitest";
import type { AmqpFailure } from "../../../local/emulators/event-hubs/amqp-error.ts";
import type { WriteBytes } from "../../../local/emulators/event-hubs/segment.ts";
import { writeToFullDisk } from "../../../local/launcher/faults/full-disk.ts";
import {
  collect,
  createConsumer,
  createProducer,
  errorOf,
  FAST_RETRIES,
  HUB,
  receive,
  startEmulator,
  until,
} from "./support.ts";

const BUSY: AmqpFailure = { condition: "com.microsoft:server-busy", description: "The server is busy." };
const FORCED: AmqpFailure = { condition: "amqp:link:detach-forced", description: "The link moves." };
const RETRIES = { ...FAST_RETRIES, timeoutInMs: 2_000 };

/** Answers with the given faults, one by one, and then with none. */
function inTurn<F>(...faults: F[]): () => F | undefined {
  return () => faults.shift();
}

async function countEvents(connectionString: string): Promise<number> {
  return (await createProducer(connectionString).getPartitionProperties("0")).lastEnqueuedSequenceNumber + 1;
}

test.each([
  [
    "a busy server",
    { send: inTurn({ do: "reject", error: BUSY } as const, { do: "reject", error: BUSY } as const) },
    1,
  ],
  ["a forced detach", { send: inTurn({ do: "detach", error: FORCED } as const) }, 1],
  ["a connection that is lost before the write", { send: inTurn({ do: "drop" } as const) }, 1],
  ["a connection that is lost after the write", { acknowledge: inTurn({ do: "drop" } as const) }, 2],
  ["an acknowledgement that is lost", { acknowledge: inTurn({ do: "lose" } as const) }, 2],
  ["a slow server", { send: inTurn({ do: "delay", ms: 100 } as const) }, 1],
  ["a link that is refused once", { attach: inTurn(BUSY) }, 1],
])("a producer gets over %s", async (_, faults, copies) => {
  const { connectionString } = await startEmulator({ faults });
  await createProducer(connectionString, HUB, RETRIES).sendBatch([{ body: 1 }], { partitionId: "0" });
  expect(await countEvents(connectionString)).toBe(copies);
});

test("a producer without retries sees a busy server, and nothing was written", async () => {
  const { connectionString } = await startEmulator({ faults: { send: () => ({ do: "reject", error: BUSY }) } });
  const error = await errorOf(createProducer(connectionString).sendBatch([{ body: 1 }], { partitionId: "0" }));
  expect(error.code).toBe("ServerBusyError");
  expect(await countEvents(connectionString)).toBe(0);
});

test.each([
  ["a lost connection", { do: "drop" } as const],
  ["a forced detach", { do: "detach", error: FORCED } as const],
  ["a delay", { do: "delay", ms: 50 } as const],
])("a consumer gets every event in order over %s", async (_, fault) => {
  const at = new Set([3, 7, 8]);
  const deliver = ({ sequenceNumber }: { sequenceNumber: number }) => (at.delete(sequenceNumber) ? fault : undefined);
  const { connectionString } = await startEmulator({ faults: { deliver } });
  const events = Array.from({ length: 20 }, (_each, i) => ({ body: i }));
  await createProducer(connectionString).sendBatch(events, { partitionId: "0" });
  const collected = collect(createConsumer(connectionString, { retryOptions: FAST_RETRIES }), "0");
  await until(() => collected.events.length >= events.length);
  expect(collected.events.map(({ sequenceNumber }) => sequenceNumber)).toEqual(events.map(({ body }) => body));
  expect(at.size).toBe(0);
  await collected.close();
});

test("a disk that is full for a while refuses sends that do not fit, and has every event that it took", async () => {
  let full = false;
  const write: WriteBytes = (...args) => (full ? writeToFullDisk : writevSync)(...args);
  const { connectionString } = await startEmulator({ faults: { write } });
  const producer = createProducer(connectionString);
  const send = (body: string) => producer.sendBatch([{ body }], { partitionId: "0" });
  await send("before");
  full = true;
  expect((await errorOf(send("refused"))).message).toContain("ENOSPC");
  full = false;
  await send("after");
  const events = await receive(createConsumer(connectionString), "0", 2);
  expect(events.map(({ body, sequenceNumber }) => [body, sequenceNumber])).toEqual([
    ["before", 0],
    ["after", 1],
  ]);
});
