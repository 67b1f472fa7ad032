/**
 * What each region of Azure's public cloud has, as documented; the preflight asks the subscription itself. Sources,
 * read 2026-11-29:
 * zones: "List of Azure regions" (MicrosoftDocs/azure-docs, articles/reliability/regions-list.md, 2025-03);
 * flex: the regions that Microsoft's own Flex Consumption templates allow (Azure-Samples, infra/main.bicep);
 * privateLink: "Secure your origin with Private Link in Azure Front Door Premium" (articles/frontdoor/private-link.md,
 * newest copy).
 */
interface Region {
  readonly zones: boolean;
  /** Functions' plan Flex Consumption. */
  readonly flex: boolean;
  /** Front Door enters by Private Link here. */
  readonly privateLink: boolean;
}

const full: Region = { zones: true, flex: true, privateLink: true };
const noEntry: Region = { zones: true, flex: true, privateLink: false };
const oneZone: Region = { zones: false, flex: true, privateLink: false };
const noFlex: Region = { zones: true, flex: false, privateLink: false };
const neither: Region = { zones: false, flex: false, privateLink: false };

const regions: Readonly<Record<string, Region>> = {
  australiacentral: neither,
  australiaeast: full,
  australiasoutheast: oneZone,
  brazilsouth: full,
  canadacentral: full,
  canadaeast: neither,
  centralindia: full,
  centralus: full,
  eastasia: full,
  eastus: full,
  eastus2: full,
  francecentral: full,
  germanywestcentral: full,
  indonesiacentral: noFlex,
  israelcentral: noFlex,
  italynorth: noEntry,
  japaneast: full,
  japanwest: noFlex,
  koreacentral: full,
  mexicocentral: noFlex,
  newzealandnorth: noFlex,
  northcentralus: oneZone,
  northeurope: full,
  norwayeast: full,
  polandcentral: noFlex,
  qatarcentral: noFlex,
  southafricanorth: full,
  southcentralus: full,
  southeastasia: full,
  southindia: oneZone,
  spaincentral: noEntry,
  swedencentral: full,
  switzerlandnorth: noFlex,
  uaenorth: full,
  uksouth: full,
  ukwest: oneZone,
  westcentralus: oneZone,
  westeurope: full,
  westindia: neither,
  westus: oneZone,
  westus2: full,
  westus3: full,
};

/** Undefined where we know nothing of it. */
export function findRegion(name: string): Region | undefined {
  return Object.hasOwn(regions, name) ? regions[name] : undefined;
}

/** The regions that have it, for an answer that names them. */
export function regionsWith(what: keyof Region): string {
  return Object.keys(regions)
    .filter((name) => regions[name]?.[what])
    .join(", ");
}

/** `West Europe` is `westeurope`, as ARM takes either. */
export function toRegionName(text: string): string {
  return text.toLowerCase().replaceAll(" ", "");
}
