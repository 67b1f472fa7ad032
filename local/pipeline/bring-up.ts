import { createHash } from "node:crypto";
import { localIdentity } from "../managed-identity/identity.ts";
import { createLocalCredential, type IdentitySettings } from "../managed-identity/local-credential.ts";
import { CLIENT_ID } from "../openid-provider/client.ts";
import type { Ready } from "./child.ts";
import { readPort, type ServiceName, type SpecContext, specify, storageConnectionString } from "./services.ts";
import { readOperatorKey, writeRunning } from "./state.ts";
import type { Supervisor } from "./supervisor.ts";

export interface Backends {
  readonly cosmos: { readonly endpoint: string; readonly key: string };
  readonly eventHubs: { readonly endpoint: string; readonly connectionString: string };
  readonly storage: {
    readonly blobEndpoint: string;
    readonly queueEndpoint: string;
    readonly connectionString: string;
  };
  readonly keyVault: { readonly endpoint: string };
  /** What gets a token here: the variables of these names, for the app and for commands beside it. */
  readonly identity: IdentitySettings;
  readonly openid: { readonly issuer: string };
}

/** The Key Vault secret with the client secret of the local OpenID provider. */
const OPENID_SECRET = "openid-local";

/** Starts a service; a restart of it gets the port that it got now. */
export function launch(supervisor: Supervisor, name: ServiceName, context: SpecContext): Promise<Ready> {
  return supervisor.start(specify(name, context), (ready) =>
    specify(name, { ...context, ports: { ...context.ports, [name]: readPort(ready) } }),
  );
}

/** Starts the emulators at the same time and creates what the product expects in them, while the last of them still start. */
export async function launchBackends(supervisor: Supervisor, context: SpecContext): Promise<Backends> {
  const provisioning = import("./provision.ts");
  const cosmosReady = launch(supervisor, "cosmos", context).then(async (ready) => {
    const cosmos = { endpoint: ready.endpoint ?? "", key: ready.key ?? "" };
    await (await provisioning).provisionCosmos(cosmos.endpoint, cosmos.key);
    return cosmos;
  });
  const storageStarts = [launch(supervisor, "blob", context), launch(supervisor, "queue", context)] as const;
  const storageReady = Promise.all(storageStarts).then(async ([blob, queue]) => {
    const connectionString = storageConnectionString({ blob: readPort(blob), queue: readPort(queue) });
    await (await provisioning).provisionStorage(connectionString);
    return { blobEndpoint: blob.endpoint ?? "", queueEndpoint: queue.endpoint ?? "", connectionString };
  });
  const hubsReady = launch(supervisor, "event-hubs", context);
  const identityReady = launch(supervisor, "managed-identity", context).then((ready) => ({
    IDENTITY_ENDPOINT: ready.endpoint ?? "",
    IDENTITY_HEADER: context.trust.identityHeader,
  }));
  const vaultReady = launch(supervisor, "key-vault", context).then(async (ready) => {
    const keyVault = { endpoint: ready.endpoint ?? "" };
    const credential = createLocalCredential(await identityReady);
    await (await provisioning).provisionKeyVault(keyVault.endpoint, credential);
    await (await provisioning).provisionSecret(
      keyVault.endpoint,
      credential,
      OPENID_SECRET,
      context.trust.openidSecret,
    );
    return keyVault;
  });
  const openidReady = launch(supervisor, "openid-provider", context).then(({ endpoint = "" }) => ({
    issuer: endpoint,
  }));
  // Written before anything is awaited: who finds this file after a crash knows which processes to wait for.
  writeRunning(context.stateDir, supervisor.pids(), {});
  const [cosmos, hubs, storage, keyVault, identity, openid] = await Promise.all([
    cosmosReady,
    hubsReady,
    storageReady,
    vaultReady,
    identityReady,
    openidReady,
  ]);
  const eventHubs = { endpoint: hubs.endpoint ?? "", connectionString: hubs.connectionString ?? "" };
  return { cosmos, eventHubs, storage, keyVault, identity, openid };
}

/** The settings of the function app, by the names of `shared/config.ts`. */
export function settingsFor(backends: Backends, { stateDir, trust }: SpecContext): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    AzureWebJobsStorage: backends.storage.connectionString,
    EventHubConnection: backends.eventHubs.connectionString,
    EVENT_HUB_NAME: "events",
    COSMOS_ENDPOINT: backends.cosmos.endpoint,
    COSMOS_KEY: backends.cosmos.key,
    KEY_VAULT_URL: backends.keyVault.endpoint,
    KEY_VAULT_SKIP_CHALLENGE_CHECK: "true",
    AZURE_CLIENT_ID: localIdentity.clientId,
    ...backends.identity,
    NODE_EXTRA_CA_CERTS: trust.certificate.ca,
    HEADRACE_IDENTITY_PROVIDERS: JSON.stringify([
      {
        id: "local",
        name: "the local provider",
        issuer: backends.openid.issuer,
        client_id: CLIENT_ID,
        client_secret_name: OPENID_SECRET,
      },
    ]),
    HEADRACE_OPERATOR_KEY_SHA256: createHash("sha256").update(readOperatorKey(stateDir)).digest("hex"),
  };
}
