import { settings } from "../../../shared/config.ts";
import { givenByProgram, problemOfValue } from "../../config/app-settings.ts";
import { ofType, type Resource, textAt, valuesAt, type World } from "../resource.ts";

/** How much the host keeps of requests, in percent. */
const sampling = ["initialSamplingPercentage", "maxSamplingPercentage"].map(
  (name) => `AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__${name}`,
);

/**
 * What the Functions host needs besides: who it is to each connection, where its table is, where telemetry goes, and
 * that it has no page of its own.
 */
const ofTheHost = [
  "AzureWebJobsStorage__credential",
  "AzureWebJobsStorage__clientId",
  "AzureWebJobsStorage__tableServiceUri",
  "EventHubConnection__credential",
  "EventHubConnection__clientId",
  "AzureWebJobsDisableHomepage",
  "APPLICATIONINSIGHTS_CONNECTION_STRING",
  "APPLICATIONINSIGHTS_AUTHENTICATION_STRING",
  ...sampling,
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
  const [issuer = ""] = valuesNamed(app, "HEADRACE_TOKEN_ISSUER");
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
    HEADRACE_TOKEN_ISSUER: issuer.startsWith("urn:headrace:") && issuer.includes(`-${world.stack}-`) ? [issuer] : [],
    HEADRACE_TOKEN_AUDIENCE: [`${issuer}:api`],
    HEADRACE_OPERATOR_ISSUER: named(
      "keyvault:Vault",
      "properties.tenantId",
      (tenant) => `https://login.microsoftonline.com/${tenant}/v2.0`,
    ),
    HEADRACE_ORIGINS: originsOf(world, app),
    HEADRACE_OPERATOR_AUDIENCE: valuesNamed(app, "HEADRACE_OPERATOR_AUDIENCE").filter((id) => GUID.test(id)),
    APPLICATIONINSIGHTS_CONNECTION_STRING: valuesNamed(app, "APPLICATIONINSIGHTS_CONNECTION_STRING").filter((text) =>
      /^InstrumentationKey=[0-9a-f-]{36};IngestionEndpoint=https:\/\/[^;]+\.applicationinsights\.azure\.com\/(;|$)/.test(
        text,
      ),
    ),
    AzureWebJobsStorage__credential: ["managedidentity"],
    EventHubConnection__credential: ["managedidentity"],
    AzureWebJobsDisableHomepage: ["true"],
    AZURE_CLIENT_ID: clientIds,
    AzureWebJobsStorage__clientId: clientIds,
    EventHubConnection__clientId: clientIds,
    ...Object.fromEntries(sampling.map((name) => [name, valuesNamed(app, name).filter(isPercent)])),
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: clientIds.map((id) => `ClientId=${id};Authorization=AAD`),
  };
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const isPercent = (text: string): boolean => /^\d+(\.\d+)?$/.test(text) && Number(text) > 0 && Number(text) <= 100;

function valuesNamed(app: Resource, wanted: string): string[] {
  return settingsOf(app).flatMap(({ name, value }) => (name === wanted ? [value] : []));
}

/** A setting without a value has none that would do. */
function settingsOf(app: Resource): { readonly name: string; readonly value: string }[] {
  return valuesAt(app.inputs, "siteConfig.appSettings[*]").map(([, setting]) => {
    const [name, value] = ["name", "value"].map((path) => valuesAt(setting, path)[0]?.[1]);
    return { name: String(name), value: String(value ?? "") };
  });
}

/** What is written there, if it is every domain of the stack and then Front Door's own host name. */
function originsOf(world: World, app: Resource): string[] {
  const domains = ofType(world, "cdn:AFDCustomDomain").map((domain) => `https://${textAt(domain, "hostName")}`);
  const endpoints = ofType(world, "cdn:AFDEndpoint").map((endpoint) => textAt(endpoint, "endpointName"));
  return valuesNamed(app, "HEADRACE_ORIGINS").filter((text) => {
    const all = text.split(",");
    const own = all.at(-1) ?? "";
    const isOwn = endpoints.some((name) => own.startsWith(`https://${name}-`) && own.endsWith(".azurefd.net"));
    return isOwn && String(all.slice(0, -1)) === String(domains);
  });
}

/** The one id that all settings name; none if they differ. */
function clientIdsOf(app: Resource): string[] {
  const ids = settingsOf(app).flatMap(({ name, value }) =>
    name === "AZURE_CLIENT_ID" || name.endsWith("__clientId") ? [value] : [],
  );
  return new Set(ids).size === 1 ? ids.slice(0, 1) : [];
}
