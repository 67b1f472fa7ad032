import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";
import type { TokenCredential } from "@azure/identity";
import { exportJWK, generateKeyPair } from "jose";
import { expect, onTestFinished, test } from "vitest";
import type { FaultHooks } from "../../../local/emulators/event-hubs/faults.ts";
import { rhea } from "../../../local/emulators/event-hubs/rhea-internals.ts";
import { createEventHubsStream } from "../../../shared/ingest/event-hubs-stream.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { until } from "../../support/until.ts";
import { findSurroundings, forgeToken } from "../key-vault/support.ts";
import { refusalOf } from "./raw-client.ts";
import { EARLIEST, errorOf, FAST_RETRIES, HUB, NO_RETRIES, startEmulator } from "./support.ts";

const AUDIENCE = "https://eventhubs.azure.net/";

/** A namespace over TLS that takes tokens only. */
async function startSecure(options: { now?: () => number; disableKeys?: boolean; faults?: FaultHooks } = {}) {
  const { certificate, keys } = await findSurroundings();
  const tls = { certificate, tokenKeys: keys.verifying };
  const emulator = await startEmulator({ tls, disableKeys: true, ...options });
  const namespace = new URL(emulator.endpoint).host;
  const credentialOf = (
    claims: Record<string, unknown>,
    foreign?: Parameters<typeof forgeToken>[2],
  ): TokenCredential => ({
    getToken: async () => ({
      token: await forgeToken(keys, { aud: AUDIENCE, ...claims }, foreign),
      expiresOnTimestamp: Date.now() + 3_600_000,
    }),
  });
  const produce = (credential: TokenCredential, retryOptions = NO_RETRIES): EventHubProducerClient => {
    const producer = new EventHubProducerClient(namespace, HUB, credential, { retryOptions });
    onTestFinished(() => producer.close());
    return producer;
  };
  const consume = (credential: TokenCredential): EventHubConsumerClient => {
    const consumer = new EventHubConsumerClient("$Default", namespace, HUB, credential, { retryOptions: NO_RETRIES });
    onTestFinished(() => consumer.close());
    return consumer;
  };
  return { emulator, namespace, credentialOf, produce, consume };
}

test("a token of the managed identity sends, reads and asks over TLS", async () => {
  const { credentialOf, produce, consume } = await startSecure();
  const credential = credentialOf({});
  await produce(credential).sendBatch([{ body: "hello" }], { partitionId: "0" });
  expect(await produce(credential).getPartitionIds()).toEqual(["0", "1", "2", "3"]);
  const bodies: unknown[] = [];
  const subscription = consume(credential).subscribe(
    "0",
    {
      processEvents: async (events) => void bodies.push(...events.map(({ body }) => body)),
      processError: async (error) => void bodies.push(error),
    },
    { startPosition: EARLIEST },
  );
  await until(async () => bodies[0]);
  expect(bodies).toEqual(["hello"]);
  await subscription.close();
});

const past = Math.floor(Date.now() / 1000) - 10;
test.each([
  ["for another service", { aud: "https://vault.azure.net" }, "InvalidAudience"],
  ["of another issuer", { iss: "https://sts.windows.net/other/" }, "InvalidIssuer"],
  ["that has expired", { exp: past }, "ExpiredToken"],
  ["that is not valid yet", { nbf: past + 3600 }, "InvalidToken"],
])("a token %s is refused", async (_what, claims, said) => {
  const { credentialOf, produce } = await startSecure();
  const error = await errorOf(produce(credentialOf(claims)).sendBatch([{ body: 1 }]));
  expect(error).toMatchObject({ code: "UnauthorizedError", message: expect.stringContaining(said) });
});

test("a token with a forged signature is refused", async () => {
  const { credentialOf, produce } = await startSecure();
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const forged = credentialOf({}, await exportJWK(privateKey));
  const error = await errorOf(produce(forged).sendBatch([{ body: 1 }]));
  expect(error).toMatchObject({ code: "UnauthorizedError", message: expect.stringContaining("InvalidSignature") });
});

test("a link without a token is refused", async () => {
  const { emulator } = await startSecure();
  const { hostname: host, port } = new URL(emulator.endpoint);
  const container = rhea.create_container();
  const connection = container.connect({ host, port: Number(port), transport: "tls", reconnect: false });
  onTestFinished(() => connection.close());
  for (const address of [HUB, "$management"]) {
    expect(await refusalOf(connection.open_sender({ target: { address } }))).toBe("amqp:unauthorized-access");
  }
  const reader = connection.open_receiver({ source: { address: `${HUB}/ConsumerGroups/$Default/Partitions/0` } });
  expect(await refusalOf(reader)).toBe("amqp:unauthorized-access");
});

test("a key is refused where keys are disabled, and accepted elsewhere", async () => {
  const sendByKey = async (disableKeys: boolean): Promise<void> => {
    const { emulator } = await startSecure({ disableKeys });
    const producer = new EventHubProducerClient(emulator.connectionString, HUB, { retryOptions: NO_RETRIES });
    onTestFinished(() => producer.close());
    await producer.sendBatch([{ body: 1 }]);
  };
  const error = await errorOf(sendByKey(true));
  expect(error).toMatchObject({ code: "UnauthorizedError", message: expect.stringContaining("LocalAuthDisabled") });
  await sendByKey(false);
});

/** The clock of an emulator whose only work is to search its links for expired tokens. */
function createClock() {
  const clock = {
    late: 0,
    asked: 0,
    now: (): number => {
      clock.asked++;
      return Date.now() + clock.late;
    },
    /** Waits until the links have been searched again. */
    untilLooked: async (): Promise<void> => {
      const before = clock.asked;
      await until(async () => (clock.asked > before ? true : undefined));
    },
  };
  return clock;
}

test("links are closed when their token expires", async () => {
  const clock = createClock();
  const { credentialOf, consume } = await startSecure({ now: clock.now });
  const errors: (Error & { code?: string })[] = [];
  const consumer = consume(credentialOf({ exp: Math.floor(Date.now() / 1000) + 60 }));
  let batches = 0;
  const handlers = {
    processEvents: async () => void batches++,
    processError: async (error: Error) => void errors.push(error),
  };
  const subscription = consumer.subscribe("0", handlers, { startPosition: EARLIEST, maxWaitTimeInSeconds: 0.1 });
  await until(async () => batches || undefined);
  await clock.untilLooked();
  expect(errors).toEqual([]);
  clock.late = 120_000;
  await until(async () => errors[0]);
  expect(errors[0]).toMatchObject({ code: "UnauthorizedError", message: expect.stringContaining("ExpiredToken") });
  await subscription.close();
});

test("a client whose credential has a new token goes on after the old one has expired", async () => {
  const clock = createClock();
  const { credentialOf, produce } = await startSecure({ now: clock.now });
  const now = Math.floor(Date.now() / 1000);
  const [old, fresh] = [credentialOf({ exp: now + 60 }), credentialOf({ exp: now + 600 })];
  const credential: TokenCredential = { getToken: (scopes) => (clock.late === 0 ? old : fresh).getToken(scopes) };
  // With retries: it may send before it has heard that its link is closed.
  const producer = produce(credential, FAST_RETRIES);
  await producer.sendBatch([{ body: 1 }], { partitionId: "0" });
  clock.late = 120_000;
  await clock.untilLooked();
  await producer.sendBatch([{ body: 2 }], { partitionId: "0" });
  expect((await producer.getPartitionProperties("0")).lastEnqueuedSequenceNumber).toBe(1);
});

test("a send in flight when its token expires is sent again with a new one, well before the deadline", async () => {
  const clock = createClock();
  const delays = [{ do: "delay", ms: 20_000 } as const];
  const faults: FaultHooks = {
    send: () => {
      clock.late = 120_000;
      return delays.shift();
    },
  };
  const { namespace: host, credentialOf } = await startSecure({ now: clock.now, faults });
  const now = Math.floor(Date.now() / 1000);
  const [old, fresh] = [credentialOf({ exp: now + 60 }), credentialOf({ exp: now + 600 })];
  const credential = (): TokenCredential => ({
    getToken: (scopes) => (clock.late === 0 ? old : fresh).getToken(scopes),
  });
  const stream = createEventHubsStream({ connection: { host }, hub: HUB, credential, log: silent });
  onTestFinished(() => stream.close());
  const started = performance.now();
  await stream.publish(Buffer.from("in flight"));
  // Links are searched for expired tokens twice a second.
  expect(performance.now() - started).toBeLessThan(2_900);
});

test("a shared access signature is good until it ends: then its links are closed, and it is refused", async () => {
  const clock = createClock();
  const { emulator } = await startSecure({ now: clock.now, disableKeys: false });
  const ends = Math.floor(Date.now() / 1000) + 60;
  const signature = `SharedAccessSignature sr=${HUB}&sig=none&se=${ends}&skn=key`;
  const connectionString = `Endpoint=${emulator.endpoint};SharedAccessSignature=${signature}`;
  const consumer = new EventHubConsumerClient("$Default", connectionString, HUB, { retryOptions: NO_RETRIES });
  onTestFinished(() => consumer.close());
  const errors: Error[] = [];
  let batches = 0;
  const handlers = {
    processEvents: async () => void batches++,
    processError: async (error: Error) => void errors.push(error),
  };
  const subscription = consumer.subscribe("0", handlers, { startPosition: EARLIEST, maxWaitTimeInSeconds: 0.1 });
  await until(async () => batches || undefined);
  await clock.untilLooked();
  expect(errors).toEqual([]);
  clock.late = 120_000;
  const wrong = { code: "UnauthorizedError", message: expect.stringContaining("ExpiredToken") };
  expect(await until(async () => errors[0])).toMatchObject(wrong);
  await subscription.close();
  const producer = new EventHubProducerClient(connectionString, HUB, { retryOptions: NO_RETRIES });
  onTestFinished(() => producer.close());
  expect(await errorOf(producer.sendBatch([{ body: 1 }]))).toMatchObject(wrong);
});
