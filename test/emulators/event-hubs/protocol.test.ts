import { once } from "node:events";
import { expect, test } from "vitest";
import { BATCH_FORMAT } from "../../../local/emulators/event-hubs/event-codec.ts";
import type { Fault } from "../../../local/emulators/event-hubs/faults.ts";
import {
  type EventContext,
  rawMessage,
  receiveRaw,
  rhea,
  socketOf,
} from "../../../local/emulators/event-hubs/rhea-internals.ts";
import { connectRaw, openReceiver, openSender, refusalOf } from "./raw-client.ts";
import { createProducer, HUB, startEmulator, until } from "./support.ts";

const FROM = `${HUB}/ConsumerGroups/$Default/Partitions/0`;
const TO = `${HUB}/Partitions/0`;
const { types, message: codec } = rhea;

test("an event comes back with the very bytes that were sent, whatever AMQP types are in it", async () => {
  const { endpoint } = await startEmulator();
  const connection = connectRaw(endpoint);
  connection.on("session_open", ({ session }: EventContext) => {
    if (session) receiveRaw(session, () => true);
  });
  const content = {
    message_id: types.wrap_uuid(Buffer.alloc(16, 9)),
    application_properties: {
      byte: types.wrap_ubyte(200),
      float: types.wrap_float(1.25),
      large: types.wrap_ulong(Buffer.from("ffffffffffffffff", "hex")),
      symbol: types.wrap_symbol("sym"),
    },
    footer: { f: types.wrap_uint(7) },
    body: { list: [1, [2, null]], map: { a: true } },
  };
  const bytes = codec.encode(content as never);
  const annotated = codec.encode({ ...content, message_annotations: { "x-opt-mine": types.wrap_ubyte(3) } } as never);
  const sender = await openSender(connection, { target: { address: TO } });
  sender.send(annotated, undefined, 0);
  await once(sender, "accepted");
  const { receiver, received } = openReceiver(connection, FROM);
  receiver.add_credit(1);
  await until(() => received.length > 0);
  const raw = rawMessage(received[0] ?? {}).message;
  const withoutHeader = bytes.subarray(bytes.indexOf(Buffer.from([0x00, 0x53, 0x73])));
  expect(raw.subarray(-withoutHeader.length).equals(withoutHeader)).toBe(true);
  expect(codec.decode(raw)).toMatchObject({ message_annotations: { "x-opt-mine": 3, "x-opt-sequence-number": 0 } });
});

test.each([
  ["that are not AMQP", Buffer.from("hello")],
  ["of a batch without events", codec.encode({ body: "one value" })],
  ["of a batch with an event that is not AMQP", codec.encode({ body: codec.data_section(Buffer.from("hello")) })],
  ["that end too early", codec.encode({ body: codec.data_section(Buffer.alloc(300)) }).subarray(0, 100)],
])("bytes %s are refused, and none of them are kept", async (_, bytes) => {
  const { endpoint, connectionString } = await startEmulator();
  const sender = await openSender(connectRaw(endpoint), { target: { address: TO } });
  sender.send(bytes, undefined, BATCH_FORMAT);
  const [{ delivery }] = (await once(sender, "rejected")) as [EventContext];
  expect(delivery?.remote_state).toMatchObject({ error: { condition: "amqp:decode-error" } });
  const properties = await createProducer(connectionString).getPartitionProperties("0");
  expect(properties.isEmpty).toBe(true);
});

test("a receiver gets as many events as it gives credit for", async () => {
  const { endpoint, connectionString } = await startEmulator();
  const events = Array.from({ length: 50 }, (_, i) => ({ body: i }));
  const producer = createProducer(connectionString);
  await producer.sendBatch(events, { partitionId: "0" });
  const { receiver, received } = openReceiver(connectRaw(endpoint), FROM);
  receiver.add_credit(3);
  await until(() => received.length >= 3);
  // Whatever the emulator sends too much would come before the answer to this.
  await producer.getPartitionProperties("0");
  expect(received.length).toBe(3);
  receiver.add_credit(10);
  await until(() => received.length >= 13);
  await producer.getPartitionProperties("0");
  expect(received.length).toBe(13);
});

test("addresses may begin with the namespace, as some SDKs write them", async () => {
  const connection = connectRaw((await startEmulator()).endpoint);
  const sender = await openSender(connection, { target: { address: `amqps://127.0.0.1:5672/${TO}` } });
  sender.send({ body: rhea.message.data_section(Buffer.from("b")) });
  await once(sender, "accepted");
  const { receiver, received } = openReceiver(connection, `amqps://127.0.0.1/${FROM}`);
  receiver.add_credit(1);
  await until(() => received.length === 1);
});

test("draining gives the events that are there and hands the rest of the credit back", async () => {
  const { endpoint, connectionString } = await startEmulator();
  await createProducer(connectionString).sendBatch([{ body: 1 }, { body: 2 }], { partitionId: "0" });
  const { receiver, received } = openReceiver(connectRaw(endpoint), FROM);
  receiver.add_credit(10);
  receiver.drain_credit();
  await once(receiver, "receiver_drained");
  expect(received.length).toBe(2);
});

test("a receiver that does not read its socket is not sent more than a socket holds, and gets all of it later", async () => {
  let delivered = 0;
  const faults = {
    deliver: () => {
      delivered++;
      return undefined;
    },
  };
  const { endpoint, connectionString } = await startEmulator({ faults });
  const producer = createProducer(connectionString);
  const count = 120;
  for (let i = 0; i < count; i++) await producer.sendBatch([{ body: Buffer.alloc(500_000) }], { partitionId: "0" });
  const connection = connectRaw(endpoint);
  const { receiver, received } = openReceiver(connection, FROM);
  await once(receiver, "receiver_open");
  const socket = socketOf(connection);
  receiver.add_credit(1000);
  setImmediate(() => socket.pause());
  await until(() => delivered > 0);
  let before = -1;
  await until(async () => {
    const isStill = delivered === before;
    before = delivered;
    await producer.sendBatch([{ body: 1 }], { partitionId: "1" });
    return isStill;
  });
  expect(delivered).toBeLessThan(count / 2);
  socket.resume();
  await until(() => received.length === count);
});

test("links that Event Hubs would not open are refused", async () => {
  const connection = connectRaw((await startEmulator()).endpoint);
  expect(await refusalOf(connection.open_receiver(HUB))).toBe("amqp:not-found");
  const filter = { "apache.org:selector-filter:string": types.wrap_described("priority > 3", 0x468c00000004) };
  expect(await refusalOf(connection.open_receiver({ source: { address: FROM, filter } }))).toBe("amqp:invalid-field");
});

test("what is in flight when its link goes may be stored, and is never acknowledged", async () => {
  const error = { condition: "amqp:link:detach-forced", description: "The link moves." } as const;
  const faults: Fault[] = [
    { do: "delay", ms: 300 },
    { do: "detach", error },
  ];
  const { endpoint, connectionString } = await startEmulator({ faults: { send: () => faults.shift() } });
  const connection = connectRaw(endpoint);
  const sender = await openSender(connection, { target: { address: TO } });
  const answers: string[] = [];
  for (const event of ["accepted", "rejected", "released", "modified"]) sender.on(event, () => answers.push(event));
  const refused = refusalOf(sender);
  for (const body of ["slow", "detached"]) sender.send({ body });
  expect(await refused).toBe(error.condition);
  const producer = createProducer(connectionString);
  await until(async () => (await producer.getPartitionProperties("0")).lastEnqueuedSequenceNumber === 0);
  // Its acknowledgement would come before that of another send of the same connection.
  const other = await openSender(connection, { target: { address: TO } });
  other.send({ body: "other" });
  await once(other, "accepted");
  expect(answers).toEqual([]);
});
