import { settings } from "../../../shared/config.ts";
import { givenByProgram, problemOfValue } from "../../config/app-settings.ts";
import { ofType, type Resource, textAt, valuesAt, type World } from "../resource.ts";

/** What the Functions host needs besides: who it is to each connection, where its table is, where telemetry goes. */
const ofTheHost = [
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "AzureWebJobsStorage__tableServiceUri",
  "EventHubConnection__credential",
  "EventHubConnection__clientId",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
];

const isOfTheApp = (name: string): name is keyof typeof settings.shape => Object.hasOwn(settings.shape, name);

export const settingsOfApp = {
  needed: [...givenByProgram, ...ofTheHost] as readonly string[],
  isKnown: (name: string): boolean => isOfTheApp(name) || ofTheHost.includes(name),
  problemOf: (name: string, value: string): string | undefined =>
    isOfTheApp(name) ? problemOfValue(name, value) : undefined,
};

/** What a setting may be, by its name, from what the stack's resources are called. */
export function valuesOfSettings(world: World, app: Resource): Readonly<Record<string, readonly string[]>> {
  const named = (type: string, path: string, toValue: (name: string) => string) =>
    ofType(world, type).map((resource) => toValue(textAt(resource, path)));
  const accounts = (service: string) =>
    named("storage:StorageAccount", "accountName", (name) => `https://${name}.${service}.core.windows.net`);
  const clientIds = clientIdsOf(app);
  return {
    EventHubConnection__fullyQualifiedNamespace: named(
      "eventhub:Namespace",
      "namespaceName",
      (name) => `${name}.servicebus.windows.net`,
    ),
    EVENT_HUB_NAME: named("eventhub:EventHub", "eventHubName", (name) => name),
    AzureWebJobsStorage__blobServiceUri: accounts("blob"),
    AzureWebJobsStorage__queueServiceUri: accounts("queue"),
    AzureWebJobsStorage__tableServiceUri: accounts("table"),
    COSMOS_ENDPOINT: named("cosmosdb:DatabaseAccount", "accountName", (name) => `https://${name}.documents.azure.com`),
    KEY_VAULT_URL: named("keyvault:Vault", "vaultName", (name) => `https://${name}.vault.azure.net`),
    AzureWebJobsStorage__credential: ["managedidentity"],
    EventHubConnection__credential: ["managedidentity"],
    AZURE_CLIENT_ID: clientIds,
    AzureWebJobsStorage__clientId: clientIds,
    EventHubConnection__clientId: clientIds,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: clientIds.map((id) => `ClientId=${id};Authorization=AAD`),
  };
}

/** The one id that all settings name; none if they differ. */
function clientIdsOf(app: Resource): string[] {
  const ids = valuesAt(app.inputs, "siteConfig.appSettings[*]").flatMap(([, setting]) => {
    const [name, value] = ["name", "value"].map((path) => String(valuesAt(setting, path)[0]?.[1]));
    return name === "AZURE_CLIENT_ID" || name?.endsWith("__clientId") ? [value ?? ""] : [];
  });
  return new Set(ids).size === 1 ? ids.slice(0, 1) : [];
}
