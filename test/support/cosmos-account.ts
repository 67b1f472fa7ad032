import { type ContainerDefinition as Body, type Container, CosmosClient, PartitionKeyKind } from "@azure/cosmos";
import { type CosmosEmulatorOptions, startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { onTestFinished } from "vitest";
import { provisionCosmos } from "../../local/launcher/provision.ts";
import { toContainerResource } from "../../shared/store/container-resource.ts";
import { type ContainerName, containers, databaseName } from "../../shared/store/containers.ts";
import { type Cosmos, connectCosmos } from "../../shared/store/cosmos.ts";

/** An emulator of Cosmos DB with the product's containers, and hands that change them as no deployment should. */
export interface CosmosAccount {
  readonly endpoint: string;
  /** As the product has it. */
  readonly cosmos: Cosmos;
  /** As whoever makes accounts has it. */
  readonly client: CosmosClient;
  remove(name: ContainerName): Promise<void>;
  /** Replaces a container by an empty one with other properties. */
  makeAgain(name: ContainerName, changes?: Partial<Body>): Promise<void>;
  /** Changes what can be changed of a container that is there. */
  change(name: ContainerName, changes: Partial<Body>): Promise<void>;
}

/** Ends with the test. */
export async function startCosmosAccount(options: Partial<CosmosEmulatorOptions> = {}): Promise<CosmosAccount> {
  const emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", ...options });
  onTestFinished(() => emulator.close());
  await provisionCosmos(emulator, { getToken: async () => null });
  const cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(() => cosmos.close());
  const client = new CosmosClient({ endpoint: emulator.endpoint, key: emulator.key });
  onTestFinished(() => client.dispose());
  return { endpoint: emulator.endpoint, cosmos, client, ...createHands(client) };
}

/** For an account of any kind. */
export function createHands(client: CosmosClient): Pick<CosmosAccount, "remove" | "makeAgain" | "change"> {
  const database = client.database(databaseName);
  const containerOf = (name: ContainerName): Container => database.container(name);
  return {
    remove: async (name) => {
      await containerOf(name).delete();
    },
    makeAgain: async (name, changes = {}) => {
      await containerOf(name).delete();
      await database.containers.create(bodyOf(name, changes));
    },
    change: async (name, changes) => {
      await containerOf(name).replace(bodyOf(name, changes));
    },
  };
}

function bodyOf(name: ContainerName, changes: Partial<Body>): Body & { readonly id: string } {
  const { partitionKey, ...rest } = toContainerResource(containers[name]);
  const { paths, kind, version } = partitionKey;
  return { ...rest, partitionKey: { paths, kind: PartitionKeyKind[kind], version }, ...changes, id: name };
}
