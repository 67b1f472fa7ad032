import { createHash } from "node:crypto";
import { localIdentity } from "@headrace/emulators/managed-identity/identity.ts";
import { eventHub } from "../../shared/store/resources.ts";
import { account } from "./azurite/account.ts";
import type { Backends } from "./backends.ts";
import { CLIENT_ID, CLIENT_SECRET_NAME } from "./openid-client.ts";
import type { SpecContext } from "./spec-context.ts";
import { readOperatorKey } from "./state.ts";

/** The settings of the function app, by the names of `shared/config.ts` and of the Functions host. */
export function settingsFor(backends: Backends, context: SpecContext): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: "node",
    AZURE_FUNCTIONS_ENVIRONMENT: "Development",
    AzureWebJobsDisableHomepage: "true",
    ...(context.access === "managed-identity" ? identityConnections(backends) : keyConnections(backends)),
    EVENT_HUB_NAME: eventHub.name,
    COSMOS_ENDPOINT: backends.cosmos.endpoint,
    KEY_VAULT_URL: backends.keyVault.endpoint,
    KEY_VAULT_SKIP_CHALLENGE_CHECK: "true",
    AZURE_CLIENT_ID: localIdentity.clientId,
    ...backends.identity,
    NODE_EXTRA_CA_CERTS: context.trust.certificate.ca,
    HEADRACE_IDENTITY_PROVIDERS: JSON.stringify([
      {
        id: "local",
        name: "the local provider",
        issuer: backends.openid.issuer,
        client_id: CLIENT_ID,
        client_secret_name: CLIENT_SECRET_NAME,
      },
    ]),
    HEADRACE_OPERATOR_KEY_SHA256: createHash("sha256").update(readOperatorKey(context.stateDir)).digest("hex"),
  };
}

/**
 * As deployed.
 * https://learn.microsoft.com/azure/azure-functions/functions-reference#configure-an-identity-based-connection
 */
function identityConnections({ storage, eventHubs }: Backends): Record<string, string> {
  const { clientId } = localIdentity;
  return {
    AzureWebJobsStorage__blobServiceUri: `${storage.blobEndpoint}/${account}`,
    AzureWebJobsStorage__queueServiceUri: `${storage.queueEndpoint}/${account}`,
    AzureWebJobsStorage__credential: "managedidentity",
    AzureWebJobsStorage__clientId: clientId,
    EventHubConnection__fullyQualifiedNamespace: new URL(eventHubs.endpoint).host,
    EventHubConnection__credential: "managedidentity",
    EventHubConnection__clientId: clientId,
  };
}

/** As in a `local.settings.json` of Core Tools. */
function keyConnections({ storage, eventHubs, cosmos }: Backends): Record<string, string> {
  return {
    AzureWebJobsStorage: storage.connectionString ?? "",
    EventHubConnection: eventHubs.connectionString ?? "",
    COSMOS_KEY: cosmos.key ?? "",
  };
}
