import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";
import type { Service } from "../network/private-access.ts";
import { Captures } from "./captures.ts";
import { Cosmos } from "./cosmos.ts";
import { EventHubs } from "./event-hubs.ts";
import { KeyVault } from "./key-vault.ts";
import { Packages } from "./packages.ts";
import { Storage } from "./storage.ts";

/** Everything that keeps something; the last two only where the stack's settings ask for them. */
export interface Data {
  readonly eventHubs: EventHubs;
  readonly cosmos: Cosmos;
  readonly storage: Storage;
  readonly keyVault: KeyVault;
  readonly captures: Captures | undefined;
  readonly packages: Packages | undefined;
}

export function makeData(common: {
  readonly settings: Settings;
  readonly resourceGroupName: pulumi.Input<string>;
}): Data {
  const { eventHubs, release } = common.settings;
  const { capture } = eventHubs;
  const { upload } = release;
  const captures = capture && new Captures("captures", { ...common, capture });
  return {
    captures,
    eventHubs: new EventHubs("event-hubs", { ...common, captures }),
    cosmos: new Cosmos("cosmos", common),
    storage: new Storage("storage", common),
    keyVault: new KeyVault("key-vault", common),
    packages: upload && new Packages("packages", { ...common, upload }),
  };
}

/** What of it the network reaches, each by an endpoint of its own. */
export function servicesOf({
  eventHubs,
  cosmos,
  storage,
  keyVault,
  captures,
  packages,
}: Data): Record<string, Service> {
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

/** What of it keeps data of tenants. */
export function tenantData({
  eventHubs,
  cosmos,
  storage,
  keyVault,
  captures,
}: Data): Record<string, pulumi.Input<string>> {
  return {
    "event-hubs": eventHubs.namespaceId,
    cosmos: cosmos.accountId,
    storage: storage.accountId,
    "key-vault": keyVault.id,
    ...(captures && { captures: captures.accountId }),
  };
}
