import { formatTable } from "../table.ts";
import type { Contract, ContractVersion } from "./contract-files.ts";
import { type Drift, findDrift } from "./find-drift.ts";
import { type Inferred, inferSchema, type Observation } from "./infer-schema.ts";
import type { PropertiesByType } from "./read-events.ts";

interface Drafted {
  readonly text: string;
  /** Of the types that had none. */
  readonly drafts: readonly Contract[];
}

/** Drafts a contract for each type that has none, and shows what drifted from those that are there. */
export async function inferContracts(
  events: PropertiesByType,
  contracts: readonly Contract[],
  source: string,
): Promise<Drafted> {
  const known = new Map(contracts.map((contract) => [contract.event_type, contract]));
  const texts: string[] = [];
  const drafts: Contract[] = [];
  for (const [eventType, values] of [...events].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const inferred = inferSchema(values);
    const contract = known.get(eventType);
    texts.push(`${eventType}: ${values.length} events\n${describe(inferred)}`);
    const schema = contract?.versions.find(({ status }) => status === "active")?.schema;
    if (schema) texts.push(describeDrift(await findDrift(schema, values, inferred.observations)));
    if (!contract) drafts.push(toDraft(eventType, inferred, `drafted from ${values.length} events ${source}`));
  }
  return { text: texts.join("\n"), drafts };
}

function toDraft(event_type: string, { schema }: Inferred, description: string): Contract {
  const version: ContractVersion = { version: 1, status: "draft", description, schema, examples: [] };
  return { event_type, owner: "", description: "", mode: "warn", compatibility: "backward", versions: [version] };
}

function describe({ observations }: Inferred): string {
  const heading = ["property", "schema", "seen", "types", "may be otherwise in"];
  return formatTable([heading, ...observations.slice(1).map(toRow)]);
}

function toRow({ path, schema, seen, of, types, unseenShare }: Observation): string[] {
  const kinds = Object.entries(types).map(([type, count]) => `${type} ${count}`);
  const share = unseenShare < 1 ? `under ${(unseenShare * 100).toPrecision(2)} %` : "anything: too few";
  return [path, shorten(schema), `${seen} of ${of}`, kinds.join(", "), share];
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 59)}…` : text;
}

function describeDrift({ judged, faults, unnamed, unused }: Drift): string {
  const wrong = faults.reduce((sum, { count }) => sum + count, 0);
  const lines = [
    `  against its contract: ${wrong} of ${judged} do not fit`,
    ...faults.slice(0, 20).map(({ path, message, count }) => `    ${count} × ${path}: ${message}`),
    ...(unnamed.length > 0 ? [`    not in the contract: ${unnamed.join(", ")}`] : []),
    ...(unused.length > 0 ? [`    in no event: ${unused.join(", ")}`] : []),
  ];
  return `${lines.join("\n")}\n`;
}
