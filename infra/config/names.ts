import { createHash } from "node:crypto";
import type { Settings } from "./schema.ts";

interface Rule {
  /** As in Microsoft's list of abbreviations for Azure resources. */
  readonly prefix: string;
  /** Without one, the parts stand together. */
  readonly separator: "-" | "";
  readonly min?: number;
  readonly max: number;
  /** What Azure takes. */
  readonly pattern: RegExp;
  readonly letters: string;
  /** Its name is a host name of all of Azure, or stays taken after deletion: it carries the suffix. */
  readonly suffix?: true;
}

const words = { separator: "-", pattern: /^[a-z][a-z0-9-]*[a-z0-9]$/, letters: "a-z, 0-9 and -" } as const;
const plain = { separator: "", pattern: /^[a-z][a-z0-9]*$/, letters: "a-z and 0-9" } as const;

/** What Azure allows by kind, from "Naming rules and restrictions for Azure resources". */
const rules = {
  resourceGroup: { ...words, prefix: "rg", max: 90 },
  network: { ...words, prefix: "vnet", max: 64 },
  appRules: { ...words, prefix: "nsg-app", max: 80 },
  endpointRules: { ...words, prefix: "nsg-endpoints", max: 80 },
  natGateway: { ...words, prefix: "ng", max: 80 },
  publicAddress: { ...words, prefix: "pip", max: 80 },
  privateEndpoint: { ...words, prefix: "pep", max: 48 },
  eventHubs: { ...words, prefix: "evhns", min: 6, max: 50, suffix: true },
  cosmos: { ...words, prefix: "cosmos", min: 3, max: 44, suffix: true },
  storage: { ...plain, prefix: "st", min: 3, max: 24, suffix: true },
  packages: { ...plain, prefix: "stp", min: 3, max: 24, suffix: true },
  captures: { ...plain, prefix: "stc", min: 3, max: 24, suffix: true },
  keyVault: { ...words, prefix: "kv", min: 3, max: 24, suffix: true },
  identity: { ...words, prefix: "id", min: 3, max: 128 },
  captureIdentity: { ...words, prefix: "id-capture", min: 3, max: 128 },
  plan: { ...words, prefix: "asp", max: 40 },
  functionApp: { ...words, prefix: "func", min: 2, max: 43, suffix: true },
  frontDoor: { ...words, prefix: "afd", max: 90 },
  frontDoorEndpoint: { ...words, prefix: "fde", max: 46, suffix: true },
  firewall: { ...plain, prefix: "fdfp", max: 128 },
  workspace: { ...words, prefix: "log", min: 4, max: 63 },
  appInsights: { ...words, prefix: "appi", max: 255 },
  actionGroup: { ...words, prefix: "ag", max: 260 },
  budget: { ...words, prefix: "budget", max: 63 },
} as const satisfies Readonly<Record<string, Rule>>;

export type Kind = keyof typeof rules;
type Named = Pick<Settings, "name" | "stack" | "suffix">;

/** `kv-headrace-prod-x7k2p`, or `stheadraceprodx7k2p` where Azure takes letters and digits only. */
export function nameOf(kind: Kind, { name, stack, suffix }: Named): string {
  const { prefix, separator, ...rule }: Rule = rules[kind];
  return [prefix, name, stack, ...(rule.suffix ? [suffix] : [])].join(separator);
}

/** What is wrong with the names that these settings give, a sentence each. */
export function findWrongNames(named: Named): string[] {
  return (Object.keys(rules) as Kind[]).flatMap((kind) => {
    const { min = 1, max, pattern, letters }: Rule = rules[kind];
    const given = nameOf(kind, named);
    const over = given.length - max;
    if (over > 0)
      return [`${kind} would be "${given}", ${over} too long for Azure: shorten it by ${over}, or the stack's name`];
    if (given.length < min || !pattern.test(given))
      return [
        `${kind} would be "${given}", and Azure takes ${min} to ${max} of ${letters} there: change it, or the stack's name`,
      ];
    return [];
  });
}

/**
 * Five letters that are another subscription's, app's or stack's only by accident: names of hosts are shared by all of
 * Azure.
 */
export function suffixOf(subscriptionId: string, name: string, stack: string): string {
  const hash = createHash("sha256").update([subscriptionId.toLowerCase(), name, stack].join("/")).digest();
  return (hash.readUIntBE(0, 6) % 36 ** 5).toString(36).padStart(5, "0");
}

/** On everything that takes tags. */
export function tagsOf({ name, stack, tags }: Pick<Settings, "name" | "stack" | "tags">): Record<string, string> {
  return { ...tags, app: name, stack, "managed-by": "pulumi" };
}
