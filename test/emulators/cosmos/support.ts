import { type Container, type ContainerDefinition, CosmosClient, ErrorResponse, PartitionKeyKind } from "@azure/cosmos";
import { type CosmosEmulatorOptions, startCosmosEmulator } from "../../../local/emulators/cosmos/server.ts";

/** Runs everything over one range, where the emulator does it all, and over three, where the SDK merges. */
export const RANGES = [1, 3] as const;

export const hierarchical = (...paths: string[]) => ({ paths, kind: PartitionKeyKind.MultiHash, version: 2 as const });

export interface World extends AsyncDisposable {
  readonly endpoint: string;
  readonly key: string;
  readonly client: CosmosClient;
  /** Milliseconds; the time that the emulator takes for now. */
  readonly clock: { now: number };
  createContainer(definition: Partial<ContainerDefinition>): Promise<Container>;
  close(): Promise<void>;
}

/** An emulator on a free port, and the official client. */
export async function startWorld(options: Partial<CosmosEmulatorOptions> = {}): Promise<World> {
  const clock = { now: Date.parse("2026-03-01T12:00:00Z") };
  const emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", now: () => clock.now, ...options });
  const client = new CosmosClient({ endpoint: emulator.endpoint, key: emulator.key });
  let count = 0;
  const close = async (): Promise<void> => {
    client.dispose();
    await emulator.close();
  };
  return {
    endpoint: emulator.endpoint,
    key: emulator.key,
    client,
    clock,
    async createContainer(definition) {
      const { database } = await client.databases.createIfNotExists({ id: "test" });
      const { container } = await database.containers.create({
        id: `c${++count}`,
        partitionKey: hierarchical("/org_id", "/id"),
        ...definition,
      });
      return container;
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

/** The status and substatus with which the emulator refuses. */
export async function refusal(work: Promise<unknown>): Promise<{ code: unknown; substatus?: number; message: string }> {
  try {
    await work;
  } catch (error) {
    // The SDK wraps the refusal of a batch.
    const reason = error instanceof ErrorResponse ? error : error instanceof Error ? error.cause : undefined;
    if (!(reason instanceof ErrorResponse)) throw error;
    const { code, substatus, message } = reason;
    return { code, message, ...(substatus === undefined ? {} : { substatus }) };
  }
  throw new Error("It was not refused.");
}

/** The documents without the service's own fields. */
export function withoutSystem(document: object | undefined): object {
  return Object.fromEntries(Object.entries(document ?? {}).filter(([key]) => !key.startsWith("_")));
}
