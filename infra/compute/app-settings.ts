import * as pulumi from "@pulumi/pulumi";
import type { givenByProgram } from "../config/app-settings.ts";
import type { Settings } from "../config/settings.ts";

export interface AppSettingsArgs {
  readonly settings: Settings;
  readonly clientId: pulumi.Input<string>;
  readonly eventHubs: { readonly host: pulumi.Input<string>; readonly hubName: pulumi.Input<string> };
  readonly storage: Readonly<Record<"blobUri" | "queueUri" | "tableUri", pulumi.Input<string>>>;
  readonly cosmosEndpoint: pulumi.Input<string>;
  readonly vaultUri: pulumi.Input<string>;
  readonly telemetry: pulumi.Input<string>;
  /** What every request that came through Front Door carries. */
  readonly frontDoorId: pulumi.Input<string>;
  /** `https://…` that people reach the app at. */
  readonly origins: pulumi.Input<readonly string[]>;
}

type AppSettings = Readonly<Record<string, pulumi.Input<string>>>;

/** Everything that the app and its host are told. No key among it: where things are, and who the app is. */
export function appSettings(args: AppSettingsArgs): AppSettings {
  const { settings, clientId, storage, telemetry } = args;
  const providers = settings.app.identityProviders;
  return {
    ...ofTheApp(args),
    ...asIdentity("AzureWebJobsStorage", clientId),
    AzureWebJobsStorage__tableServiceUri: storage.tableUri,
    ...asIdentity("EventHubConnection", clientId),
    // `GET /` is ours.
    AzureWebJobsDisableHomepage: "true",
    // An address and a name; sending needs the role.
    APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry,
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: pulumi.interpolate`ClientId=${clientId};Authorization=AAD`,
    ...sampling(settings.monitoring.samplingPercent),
    ...(providers.length === 0 ? {} : { HEADRACE_IDENTITY_PROVIDERS: JSON.stringify(providers) }),
    ...settings.app.settings,
  };
}

function ofTheApp(args: AppSettingsArgs): Readonly<Record<(typeof givenByProgram)[number], pulumi.Input<string>>> {
  const { settings, clientId, eventHubs, storage, cosmosEndpoint, vaultUri, frontDoorId, origins } = args;
  const deployment = `urn:headrace:${settings.name}-${settings.stack}-${settings.suffix}`;
  return {
    EventHubConnection__fullyQualifiedNamespace: eventHubs.host,
    EVENT_HUB_NAME: eventHubs.hubName,
    AzureWebJobsStorage__blobServiceUri: storage.blobUri,
    AzureWebJobsStorage__queueServiceUri: storage.queueUri,
    COSMOS_ENDPOINT: cosmosEndpoint,
    AZURE_CLIENT_ID: clientId,
    KEY_VAULT_URL: vaultUri,
    HEADRACE_TOKEN_ISSUER: deployment,
    HEADRACE_TOKEN_AUDIENCE: `${deployment}:api`,
    HEADRACE_OPERATOR_ISSUER: `https://login.microsoftonline.com/${settings.tenantId}/v2.0`,
    HEADRACE_OPERATOR_AUDIENCE: settings.operator.clientId,
    HEADRACE_ORIGINS: pulumi.output(origins).apply((all) => all.join(",")),
    HEADRACE_FRONT_DOOR_ID: frontDoorId,
  };
}

/** How the host asks for tokens of a connection. */
function asIdentity(connection: string, clientId: pulumi.Input<string>): AppSettings {
  return { [`${connection}__credential`]: "managedidentity", [`${connection}__clientId`]: clientId };
}

const SAMPLING = "AzureFunctionsJobHost__logging__applicationInsights__samplingSettings";

/**
 * What the host keeps of requests, over what host.json says: it excludes exceptions and log lines. Application Insights
 * itself would throw these away as well.
 */
function sampling(percent: number): AppSettings {
  return {
    [`${SAMPLING}__initialSamplingPercentage`]: String(percent),
    [`${SAMPLING}__maxSamplingPercentage`]: String(percent),
  };
}
