import { createLocalCredential } from "@headrace/emulators/managed-identity/local-credential.ts";
import { storageConnectionString } from "./azurite/account.ts";
import type { Backends } from "./backends.ts";
import type { Ready } from "./child.ts";
import { CLIENT_SECRET_NAME } from "./openid-client.ts";
import { portOf } from "./ports.ts";
import type { ProcessName } from "./service-names.ts";
import type { SpecContext } from "./spec-context.ts";
import { specify } from "./specify.ts";
import { writeRunning } from "./state.ts";
import type { Supervisor } from "./supervisor.ts";

/** Starts a service; a restart of it gets the same port. */
export function launch(supervisor: Supervisor, name: ProcessName, context: SpecContext): Promise<Ready> {
  return supervisor.start(specify(name, context), (ready) =>
    specify(name, { ...context, ports: { ...context.ports, [name]: portOf(ready) } }),
  );
}

/**
 * Starts the emulators at the same time and creates the resources that the product expects in them, while the last of
 * them still start.
 */
export async function launchBackends(supervisor: Supervisor, context: SpecContext): Promise<Backends> {
  const provisioning = import("./provision.ts");
  const identityReady = launch(supervisor, "managed-identity", context).then((ready) => ({
    IDENTITY_ENDPOINT: ready.endpoint ?? "",
    IDENTITY_HEADER: context.trust.identityHeader,
  }));
  const credential = createLocalCredential(identityReady);
  const cosmosReady = launch(supervisor, "cosmos", context).then(async (ready) => {
    const cosmos = { endpoint: ready.endpoint ?? "", ...(ready.key === undefined ? {} : { key: ready.key }) };
    await (await provisioning).provisionCosmos(cosmos, credential);
    return cosmos;
  });
  const storageStarts = [launch(supervisor, "blob", context), launch(supervisor, "queue", context)] as const;
  const storageReady = Promise.all(storageStarts).then(async ([blob, queue]) => {
    const storage = {
      blobEndpoint: blob.endpoint ?? "",
      queueEndpoint: queue.endpoint ?? "",
      ...(context.access === "connection-strings" && {
        connectionString: storageConnectionString({ blob: portOf(blob), queue: portOf(queue) }),
      }),
    };
    await (await provisioning).provisionStorage(storage, credential);
    return storage;
  });
  const hubsReady = launch(supervisor, "event-hubs", context).then(({ endpoint = "", connectionString }) => ({
    endpoint,
    ...(connectionString === undefined ? {} : { connectionString }),
  }));
  const vaultReady = launch(supervisor, "key-vault", context).then(async (ready) => {
    const keyVault = { endpoint: ready.endpoint ?? "" };
    const { provisionSecret } = await provisioning;
    await provisionSecret(keyVault.endpoint, credential, CLIENT_SECRET_NAME, context.trust.openidSecret);
    return keyVault;
  });
  const openidReady = launch(supervisor, "openid-provider", context).then(({ endpoint = "" }) => ({
    issuer: endpoint,
  }));
  // Written before anything is awaited: a command that finds this file after a crash knows which processes to wait for.
  writeRunning(context.stateDir, supervisor.pids(), {});
  const [cosmos, eventHubs, storage, keyVault, identity, openid] = await Promise.all([
    cosmosReady,
    hubsReady,
    storageReady,
    vaultReady,
    identityReady,
    openidReady,
  ]);
  return { cosmos, eventHubs, storage, keyVault, identity, openid };
}
