import { isDeepStrictEqual } from "node:util";
import type { Contract, ContractVersion } from "./contract-files.ts";
import { loosens } from "./loosens.ts";
import { describeProblem, type Registered, type RegistryClient, type TypeState } from "./registry-client.ts";

/** What was done or found, line by line, and whether all is well. */
interface Outcome {
  readonly lines: readonly string[];
  readonly ok: boolean;
}

/**
 * Holds contracts against the registry, and unless `dry` makes the registry what they say: versions that are missing,
 * statuses, and settings of types. A type ends with its first version that is refused.
 */
export async function pushContracts(
  contracts: readonly Contract[],
  registry: RegistryClient,
  dry: boolean,
): Promise<Outcome> {
  const outcomes: Outcome[] = [];
  for (const contract of contracts) outcomes.push(await pushContract(contract, registry, dry));
  return { lines: outcomes.flatMap(({ lines }) => lines), ok: outcomes.every(({ ok }) => ok) };
}

/** Settings come first: versions are held against the rule that the file names. Statuses last, when all are there. */
async function pushContract(contract: Contract, registry: RegistryClient, dry: boolean): Promise<Outcome> {
  const state = await registry.readType(contract.event_type);
  if (state && loosensSilently(contract, state)) return { lines: [describeLoosening(contract, state)], ok: false };
  const known = new Map(state?.versions.map(({ version, status }) => [version, status]));
  const lines = state ? await pushSettings(contract, state, registry, dry) : [];
  for (const version of contract.versions) {
    const name = `${contract.event_type} ${version.version}`;
    // What comes after a version that is not there yet is told when it is.
    if (dry && version.version > known.size + 1) {
      lines.push(`${name}: looked at when version ${version.version - 1} is registered`);
      continue;
    }
    const registered = await registry.register(contract, version, dry);
    if (!registered.ok) return { lines: [...lines, ...describeRefusal(name, registered)], ok: false };
    if (registered.created) lines.push(`${name}: ${dry ? "would be registered" : "registered"}`);
  }
  for (const version of contract.versions) {
    lines.push(...(await pushStatus(contract, version, known.get(version.version), registry, dry)));
  }
  return { lines, ok: true };
}

/** @param known the status in the registry; undefined for a version that was not there */
async function pushStatus(
  { event_type }: Contract,
  { version, status }: ContractVersion,
  known: string | undefined,
  registry: RegistryClient,
  dry: boolean,
): Promise<string[]> {
  const name = `${event_type} ${version}`;
  if (known === status) return [`${name}: as it is in the registry`];
  const now = known ?? (status === "draft" ? "draft" : "active");
  if (now === status) return [];
  if (!dry) await registry.changeStatus(event_type, version, status);
  return [`${name}: ${dry ? "would be" : "is"} ${status} (was ${now})`];
}

/** The rule is what everyone who reads the type relies on: that it goes is said in the file, where reviews see it. */
function loosensSilently({ compatibility, loosened_because }: Contract, state: TypeState): boolean {
  return loosened_because === undefined && loosens(compatibility, state.compatibility);
}

function describeLoosening({ event_type, compatibility }: Contract, state: TypeState): string {
  return `${event_type}: refused, the rule "${compatibility}" lets through what the registered rule "${state.compatibility}" refuses. Say why in the file, as "loosened_because".`;
}

const settings = ["owner", "description", "mode", "compatibility"] as const;

async function pushSettings(
  contract: Contract,
  state: TypeState,
  registry: RegistryClient,
  dry: boolean,
): Promise<string[]> {
  const { event_type, promote } = contract;
  const promoted = state.promoted.map(({ path }) => path);
  const known = { ...state, promote: promoted };
  const changed = [
    ...settings.filter((name) => contract[name] !== state[name]),
    ...(promote && !isDeepStrictEqual(promote, promoted) ? (["promote"] as const) : []),
  ];
  if (changed.length === 0) return [];
  if (!dry) {
    await registry.changeType(event_type, Object.fromEntries(changed.map((name) => [name, contract[name]])));
  }
  return changed.map((name) => {
    const [now, before] = [contract[name], known[name]].map((value) => JSON.stringify(value));
    const told = `${event_type}: ${name} ${dry ? "would be" : "is"} ${now} (was ${before})`;
    return name === "compatibility" ? `${told}, and versions are held against it` : told;
  });
}

function describeRefusal(name: string, { problem, breaks }: Extract<Registered, { ok: false }>): string[] {
  const differences = breaks.map(
    ({ version, direction, pointer, kind, message }) =>
      `  ${kind} at ${pointer || "/"} (${direction}, version ${version}): ${message}`,
  );
  return [`${name}: refused, ${describeProblem(problem)}`, ...differences];
}
