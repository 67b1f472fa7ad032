import type { Rule } from "./rule.ts";
import { all } from "./rules/all.ts";
import { compute } from "./rules/compute.ts";
import { cosmos } from "./rules/cosmos.ts";
import { edge } from "./rules/edge.ts";
import { eventHubs } from "./rules/event-hubs.ts";
import { firewall } from "./rules/firewall.ts";
import { monitoring } from "./rules/monitoring.ts";
import { networks } from "./rules/network.ts";
import { privateAccess } from "./rules/private-access.ts";
import { roles } from "./rules/roles.ts";
import { storage } from "./rules/storage.ts";
import { keyVault } from "./rules/vault.ts";

/**
 * The public rules for what the program makes, and our own: PSRule for Azure (baseline `Azure.GA_2026_03`), Checkov
 * (03d5fda, 2026-08-20) and Trivy (80e5382, 2026-08-21). Those that are broken stand in it too, with the reason. Tests
 * and `pulumi` (pack.ts) hold it.
 */
export const topics = {
  app: compute,
  storage,
  "event-hubs": eventHubs,
  cosmos,
  "key-vault": keyVault,
  network: networks,
  "private-access": privateAccess,
  edge,
  firewall,
  monitoring,
  roles,
  everything: all,
} as const satisfies Readonly<Record<string, readonly Rule[]>>;

export const rules: readonly Rule[] = Object.values(topics).flat();
