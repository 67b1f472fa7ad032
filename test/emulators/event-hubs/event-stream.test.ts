import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { onTestFinished } from "vitest";
import { createEventHubsStream } from "../../../shared/ingest/event-hubs-stream.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { describeEventStream } from "../../contracts/event-stream.ts";
import { startSilent } from "../../support/failing-service.ts";
import { createConsumer, HUB, receive, startEmulator } from "./support.ts";

const KEY = "SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE";

function connect(address: string, deadlineMs?: number) {
  const connectionString = `Endpoint=sb://${address};${KEY};UseDevelopmentEmulator=true`;
  const credential = () => {
    throw new Error("the connection string has a key");
  };
  const deadline = deadlineMs === undefined ? {} : { deadlineMs };
  const stream = createEventHubsStream({
    connection: { connectionString },
    hub: HUB,
    credential,
    log: silent,
    ...deadline,
  });
  onTestFinished(() => stream.close());
  return { stream, readAll: () => readAll(connectionString) };
}

/** Read by the SDK's own consumer: from every partition as many events as it says that it has. */
async function readAll(connectionString: string): Promise<Buffer[]> {
  const consumer = createConsumer(connectionString);
  const read = async (id: string): Promise<Buffer[]> => {
    const properties = await consumer.getPartitionProperties(id);
    if (properties.isEmpty) return [];
    const count = properties.lastEnqueuedSequenceNumber - properties.beginningSequenceNumber + 1;
    return (await receive(consumer, id, count)).map(({ body }) => body as Buffer);
  };
  return (await Promise.all((await consumer.getPartitionIds()).map(read))).flat();
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

describeEventStream("Event Hubs", {
  openEmpty: async () => connect(new URL((await startEmulator()).endpoint).host),
  openAway: async () => {
    const port = await findFreePort();
    const comeBack = async (): Promise<void> => void (await startEmulator({ port }));
    return { ...connect(`127.0.0.1:${port}`, 500), comeBack };
  },
  openSilent: async () => connect(await startSilent(), 500).stream,
});
