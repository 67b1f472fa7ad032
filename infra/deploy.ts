import * as resources from "@pulumi/azure-native/resources/index.js";
import * as pulumi from "@pulumi/pulumi";
import { routes } from "../shared/http/routes.ts";
import { createHooks, type Hooks } from "./arm/hooks.ts";
import { appSettings } from "./compute/app-settings.ts";
import { FunctionApp } from "./compute/function-app.ts";
import { nameOf, tagsOf } from "./config/names.ts";
import type { Settings } from "./config/settings.ts";
import { type Data, makeData, servicesOf, tenantData } from "./data/data.ts";
import { Locks } from "./data/locks.ts";
import { Domains } from "./edge/domains.ts";
import { FrontDoor } from "./edge/front-door.ts";
import { Origins } from "./edge/origins.ts";
import { Routes } from "./edge/routes.ts";
import { Firewall } from "./edge/waf.ts";
import { AppIdentity } from "./identity/app-identity.ts";
import { Assignments } from "./identity/assignments.ts";
import { Monitoring } from "./monitoring/monitoring.ts";
import { Workspace } from "./monitoring/workspace.ts";
import { Network } from "./network/network.ts";
import { PrivateAccess } from "./network/private-access.ts";
import { WayOut } from "./network/way-out.ts";

/**
 * The whole of it, in the order in which it is made: a place, a network, what keeps data and the endpoints to it, who
 * the app is and what it may; the way in, the app, the way from one to the other, the release; at last what watches all
 * of it. Returns the stack's outputs.
 */
export function deploy(settings: Settings): Record<string, pulumi.Input<unknown>> {
  const hooks = createHooks(settings);
  const group = makeGroup(settings, hooks);
  const common: Common = { settings, resourceGroupName: group.name };
  const workspace = new Workspace("workspace", common);
  const wayOut = new WayOut("way-out", common);
  const network = new Network("network", { ...common, natGatewayId: wayOut.natGatewayId });
  const data = makeData(common);
  const inNetwork = { ...common, networkId: network.id, subnetId: network.endpointSubnetId };
  const access = new PrivateAccess("private-access", { ...inNetwork, services: servicesOf(data) });

  const identity = new AppIdentity("identity", common);
  const { principalId } = identity;
  const scopes = scopesOf(data, workspace);
  const given = { ...common, principalId, scopes, cosmos: data.cosmos, after: [access] };
  const assignments = new Assignments("assignments", given);
  // Before the app, which is told whom to believe; its origins come after.
  const frontDoor = new FrontDoor("front-door", common);
  const app = new FunctionApp("function-app", {
    ...common,
    subnetId: network.appSubnetId,
    identityId: identity.id,
    deploymentContainer: data.storage.deploymentContainer,
    appSettings: settingsOfApp(settings, { data, identity, frontDoor, workspace }),
    after: [assignments],
    hooks: hooks.app,
  });
  if (settings.network.appEndpoint) {
    const services = { app: { resourceId: app.id, subResource: "sites" } } as const;
    new PrivateAccess("app-access", { ...inNetwork, services, after: [access] });
  }
  const { domains, way } = openDoor({ ...common, frontDoor, app, hooks });
  const release = { appId: app.id, hostName: frontDoor.hostName, containerUrl: data.packages?.containerUrl };
  hooks.markPublished("release", release, { dependsOn: [way, assignments, access] });

  const monitoring = new Monitoring("monitoring", {
    ...common,
    resourceGroupId: group.id,
    workspaceId: workspace.id,
    watched: { ...watchedData(data), frontDoor: frontDoor.profileId, app: app.id, natGateway: wayOut.natGatewayId },
  });
  if (settings.locks) new Locks("locks", { scopes: tenantData(data), after: [access, assignments, monitoring] });
  return outputsOf({ group, frontDoor, domains, wayOut, app, data });
}

function makeGroup(settings: Settings, { resourceGroup }: Hooks): resources.ResourceGroup {
  return new resources.ResourceGroup(
    "group",
    { resourceGroupName: nameOf("resourceGroup", settings), location: settings.location, tags: tagsOf(settings) },
    { protect: true, hooks: resourceGroup },
  );
}

interface Made {
  readonly group: resources.ResourceGroup;
  readonly frontDoor: FrontDoor;
  readonly domains: Domains;
  readonly wayOut: WayOut;
  readonly app: FunctionApp;
  readonly data: Data;
}

/** What the operator needs next: where to call, what goes into DNS, what others may let in. */
function outputsOf({ group, frontDoor, domains, wayOut, app, data }: Made): Record<string, pulumi.Input<unknown>> {
  const endpoint = frontDoor.origins.apply(([first = ""]) => first);
  return {
    endpoint,
    ingest: pulumi.interpolate`${endpoint}/${routes["ingest-events"].path}`,
    // What the command line and SDKs take. The key is made with the org.
    environment: pulumi.interpolate`HEADRACE_URL=${endpoint} HEADRACE_API_KEY=hr_…`,
    dnsRecords: domains.records,
    outboundAddress: wayOut.address,
    resourceGroup: group.name,
    functionApp: app.name,
    keyVault: data.keyVault.uri,
  };
}

interface Common {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Output<string>;
}

function scopesOf({ eventHubs, storage, keyVault }: Data, { appInsightsId }: Workspace) {
  return {
    hub: eventHubs.hubId,
    storage: storage.accountId,
    queues: storage.queueIds,
    vault: keyVault.id,
    appInsights: appInsightsId,
  };
}

interface Around {
  readonly data: Data;
  readonly identity: AppIdentity;
  readonly frontDoor: FrontDoor;
  readonly workspace: Workspace;
}

function settingsOfApp(settings: Settings, { data, identity, frontDoor, workspace }: Around) {
  const { eventHubs, storage, cosmos, keyVault } = data;
  return appSettings({
    settings,
    clientId: identity.clientId,
    eventHubs,
    storage,
    cosmosEndpoint: cosmos.endpoint,
    vaultUri: keyVault.uri,
    telemetry: workspace.connectionString,
    frontDoorId: frontDoor.frontDoorId,
    origins: frontDoor.origins,
  });
}

interface DoorArgs extends Common {
  readonly frontDoor: FrontDoor;
  readonly app: FunctionApp;
  readonly hooks: Hooks;
}

/** From Front Door to the app: nothing is let through before the firewall stands and the app has approved who comes. */
function openDoor({ hooks, app, ...rest }: DoorArgs): { readonly domains: Domains; readonly way: Routes } {
  const domains = new Domains("domains", rest);
  const firewall = new Firewall("firewall", { ...rest, domains });
  const origins = new Origins("origins", { ...rest, app, approval: hooks });
  return { domains, way: new Routes("routes", { ...rest, domains, origins, firewall }) };
}

function watchedData({ eventHubs, cosmos, keyVault, storage }: Data) {
  return {
    eventHubs: eventHubs.namespaceId,
    cosmos: cosmos.accountId,
    keyVault: keyVault.id,
    storage: storage.accountId,
  };
}
