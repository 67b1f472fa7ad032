import { isObject } from "../../plan/engine/values.ts";

/** A security rule, with one address or port written as a list of one. */
export interface Flow {
  readonly access: unknown;
  readonly direction: unknown;
  readonly protocol: unknown;
  readonly priority: number;
  readonly sources: readonly string[];
  readonly targets: readonly string[];
  readonly ports: readonly string[];
}

export function toFlow(rule: unknown): Flow {
  const { access, direction, protocol, priority, ...rest } = isObject(rule) ? rule : {};
  const listed = (one: string, many: string) =>
    [rest[one], ...(Array.isArray(rest[many]) ? rest[many] : [])].filter((value) => value !== undefined).map(String);
  return {
    access,
    direction,
    protocol,
    priority: Number(priority),
    sources: listed("sourceAddressPrefix", "sourceAddressPrefixes"),
    targets: listed("destinationAddressPrefix", "destinationAddressPrefixes"),
    ports: listed("destinationPortRange", "destinationPortRanges"),
  };
}

export function portsOf({ ports }: Flow): readonly string[] {
  return ports;
}

/** Azure's words for it; an address of which everyone has one is not better. */
const anywhere = (place: string) =>
  ["*", "Any", "Internet", "VirtualNetwork"].includes(place) || /\/[0-7]$/.test(place);

export function isFromAnywhere({ sources }: Flow): boolean {
  return sources.length === 0 || sources.some(anywhere);
}

export function isToAnywhere({ targets }: Flow): boolean {
  return targets.length === 0 || targets.some(anywhere);
}

/** Whether it denies everything in a direction. */
export function isDenial(flow: Flow, direction: "Inbound" | "Outbound"): boolean {
  const all = [flow.sources, flow.targets, flow.ports].every((list) => String(list) === "*");
  return flow.access === "Deny" && flow.direction === direction && flow.protocol === "*" && all;
}

/** Whether it is Azure's own probes, and they come everywhere. */
export function isFromProbes(flow: Flow): boolean {
  const everywhere = [flow.targets, flow.ports].every((list) => String(list) === "*");
  return flow.access === "Allow" && flow.direction === "Inbound" && flow.protocol === "*" && everywhere;
}

/** Whether it says all that a rule has to say: from where, to where, which way. */
export function isWhole({ access, direction, sources, targets, ports }: Flow): boolean {
  const says = [sources, targets, ports].every((list) => list.length > 0);
  return says && (access === "Allow" || access === "Deny") && (direction === "Inbound" || direction === "Outbound");
}
