import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { StackError } from "../../local/launcher/stack-error.ts";
import { compatibilityRules } from "../../shared/schema/evolve/find-breaks.ts";
import { mappingSchema } from "../../shared/schema/evolve/mapping.ts";
import { promoteSchema } from "../../shared/schema/promoted/promoted-path.ts";

const object = z.record(z.string(), z.unknown());

const versionSchema = z.strictObject({
  version: z.int().min(1),
  status: z.enum(["draft", "active", "deprecated", "retired"]).default("active"),
  description: z.string().default(""),
  schema: object,
  examples: z.array(object).default([]),
  mapping: mappingSchema.exactOptional(),
});

/** What a file says of one type. */
export const contractSchema = z.strictObject({
  event_type: z.string().min(1),
  owner: z.string().default(""),
  description: z.string().default(""),
  mode: z.enum(["enforce", "warn", "off"]).default("enforce"),
  compatibility: z.enum(compatibilityRules).default("backward"),
  /** Why the rule is looser than the registered one. Without it a looser rule is refused. */
  loosened_because: z.string().min(1).exactOptional(),
  /** Absent: whatever is promoted stays so. */
  promote: promoteSchema.exactOptional(),
  versions: z
    .array(versionSchema)
    .min(1)
    .refine(
      (list) => list.every(({ version }, index) => version === index + 1),
      "expected versions 1, 2, 3 … in order",
    ),
});

export type Contract = z.output<typeof contractSchema>;
export type ContractVersion = Contract["versions"][number];

/** The newest that is active, else the newest one: what a reader of the type asks for. */
export function chooseVersion({ versions }: Contract): ContractVersion {
  const chosen = versions.findLast(({ status }) => status === "active") ?? versions.at(-1);
  if (!chosen) throw new Error("a contract has a version");
  return chosen;
}

const SUFFIX = ".contract.json";

/** By the event's type: what a file system may not like is escaped as in a URL. */
export function nameFile(eventType: string, suffix: string): string {
  return `${encodeURIComponent(eventType).replaceAll("*", "%2A")}${suffix}`;
}

/** All contracts of a folder, by name of file. Throws a {@link StackError} that names the file and the place. */
export function readContracts(folder: string): Contract[] {
  if (!existsSync(folder)) throw new StackError(`There is no folder ${folder}.`);
  const contracts = readdirSync(folder)
    .filter((name) => name.endsWith(SUFFIX))
    .sort()
    .map((name) => readContract(join(folder, name)));
  const types = contracts.map(({ event_type }) => event_type);
  const twice = types.find((type, index) => types.indexOf(type) !== index);
  if (twice !== undefined) throw new StackError(`Two files of ${folder} are about the type "${twice}".`);
  return contracts;
}

function readContract(file: string): Contract {
  const parsed = contractSchema.safeParse(parseJson(file));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StackError(`${file}: ${issue?.path.join(".") || "the contract"}: ${issue?.message}`);
}

function parseJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (error) {
    throw new StackError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The file's name. */
export function writeContract(folder: string, contract: Contract): string {
  mkdirSync(folder, { recursive: true });
  const name = nameFile(contract.event_type, SUFFIX);
  writeFileSync(join(folder, name), `${JSON.stringify(contract, null, 2)}\n`);
  return name;
}
