import * as resources from "@pulumi/azure-native/resources/index.js";
import type * as pulumi from "@pulumi/pulumi";
import { appSettings } from "./compute/app-settings.ts";
import { FunctionApp } from "./compute/function-app.ts";
import { nameOf, tagsOf } from "./config/names.ts";
import type { Settings } from "./config/settings.ts";
import { Captures } from "./data/captures.ts";
import { Cosmos } from "./data/cosmos.ts";
import { EventHubs } from "./data/event-hubs.ts";
import { KeyVault } from "./data/key-vault.ts";
import { Locks } from "./data/locks.ts";
import { Packages } from "./data/packages.ts";
import { Storage } from "./data/storage.ts";
import { AppIdentity } from "./identity/app-identity.ts";
import { Assignments } from "./identity/assignments.ts";
import { Network } from "./network/network.ts";
import { PrivateAccess, type Service } from "./network/private-access.ts";
import { WayOut } from "./network/way-out.ts";

/** The whole of it, in the order in which it is made. Needs settings that were read, and refuses nothing itself. */
export function deploy(settings: Settings): Record<string, pulumi.Input<unknown>> {
  const group = new resources.ResourceGroup(
    "group",
    { resourceGroupName: nameOf("resourceGroup", settings), location: settings.location, tags: tagsOf(settings) },
    { protect: true },
  );
  const common = { settings, resourceGroupName: group.name };
  // monitoring/workspace.ts: new Workspace("workspace", common)
  const workspace = { appInsightsId: group.id, connectionString: "" };
  const wayOut = new WayOut("way-out", common);
  const network = new Network("network", { ...common, natGatewayId: wayOut.natGatewayId });

  const { capture } = settings.eventHubs;
  const captures = capture && new Captures("captures", { ...common, capture });
  const eventHubs = new EventHubs("event-hubs", { ...common, captures });
  const cosmos = new Cosmos("cosmos", common);
  const storage = new Storage("storage", common);
  const keyVault = new KeyVault("key-vault", common);
  const { upload } = settings.release;
  const packages = upload && new Packages("packages", { ...common, upload });
  const made = { eventHubs, cosmos, storage, keyVault, captures, packages };
  const access = new PrivateAccess("private-access", {
    ...common,
    networkId: network.id,
    subnetId: network.endpointSubnetId,
    services: servicesOf(made),
  });

  const identity = new AppIdentity("identity", common);
  const assignments = new Assignments("assignments", {
    ...common,
    principalId: identity.principalId,
    scopes: {
      hub: eventHubs.hubId,
      storage: storage.accountId,
      queues: storage.queueIds,
      vault: keyVault.id,
      appInsights: workspace.appInsightsId,
    },
    cosmos,
    after: [access],
  });

  // Before the app, which is told what it is called from outside and by whom; its origins come after.
  // edge/front-door.ts: new FrontDoor("front-door", common)
  const frontDoor = { frontDoorId: "", origins: ["https://example.com"] };
  const app = new FunctionApp("function-app", {
    ...common,
    subnetId: network.appSubnetId,
    identityId: identity.id,
    deploymentContainer: storage.deploymentContainer,
    appSettings: appSettings({
      settings,
      clientId: identity.clientId,
      eventHubs,
      storage,
      cosmosEndpoint: cosmos.endpoint,
      vaultUri: keyVault.uri,
      telemetry: workspace.connectionString,
      origins: frontDoor.origins,
    }),
    after: [assignments],
  });
  if (settings.network.appEndpoint)
    new PrivateAccess("app-access", {
      ...common,
      networkId: network.id,
      subnetId: network.endpointSubnetId,
      services: { app: { resourceId: app.id, subResource: "sites" } },
      after: [access],
    });
  // edge/origins.ts, edge/routes.ts: new Origins("origins", { ...common, frontDoor, app }), new Routes("routes", { ...common, frontDoor, origins })
  // compute/milestone.ts, once arm/hooks.ts is there: connections after origins, release after routes
  // monitoring/monitoring.ts: new Monitoring("monitoring", { ...common, workspace, eventHubs, cosmos, storage, keyVault, app, frontDoor })
  if (settings.locks) new Locks("locks", { scopes: keptIds(made), after: [access, assignments] });
  return { address: wayOut.address, functionApp: app.name, resourceGroup: group.name };
}

/** What keeps data of tenants. */
function keptIds({ eventHubs, cosmos, storage, keyVault, captures }: Made): Record<string, pulumi.Input<string>> {
  return {
    "event-hubs": eventHubs.namespaceId,
    cosmos: cosmos.accountId,
    storage: storage.accountId,
    "key-vault": keyVault.id,
    ...(captures && { captures: captures.accountId }),
  };
}

interface Made {
  readonly eventHubs: EventHubs;
  readonly cosmos: Cosmos;
  readonly storage: Storage;
  readonly keyVault: KeyVault;
  readonly captures: Captures | undefined;
  readonly packages: Packages | undefined;
}

function servicesOf({ eventHubs, cosmos, storage, keyVault, captures, packages }: Made): Record<string, Service> {
  return {
    "event-hubs": { resourceId: eventHubs.namespaceId, subResource: "namespace" },
    cosmos: { resourceId: cosmos.accountId, subResource: "Sql" },
    "key-vault": { resourceId: keyVault.id, subResource: "vault" },
    blobs: { resourceId: storage.accountId, subResource: "blob" },
    queues: { resourceId: storage.accountId, subResource: "queue" },
    tables: { resourceId: storage.accountId, subResource: "table" },
    ...(captures && { captures: { resourceId: captures.accountId, subResource: "blob" } }),
    ...(packages && { packages: { resourceId: packages.accountId, subResource: "blob" } }),
  };
}
