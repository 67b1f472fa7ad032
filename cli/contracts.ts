import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { type Command, parseFlags, readNumber, readUrl, UsageError } from "./command.ts";
import { toAsyncApi } from "./contracts/asyncapi/write-asyncapi.ts";
import { type Contract, nameFile, readContracts, writeContract } from "./contracts/contract-files.ts";
import { inferContracts } from "./contracts/infer.ts";
import { readOdcs } from "./contracts/odcs/read-odcs.ts";
import { toOdcs } from "./contracts/odcs/write-odcs.ts";
import { pullContracts } from "./contracts/pull.ts";
import { pushContracts } from "./contracts/push.ts";
import { type PropertiesByType, readFileEvents, readStoredEvents } from "./contracts/read-events.ts";
import { createRegistryClient, type RegistryClient } from "./contracts/registry-client.ts";
import { toDbtSources } from "./contracts/write-dbt.ts";
import { writeTypes } from "./contracts/write-types.ts";
import { readYaml, writeYaml } from "./contracts/yaml-files.ts";
import { openTarget } from "./send-target.ts";

const help = `Usage: npx headrace contracts check | push | pull | types | infer | export | import
       [FLAGS]

Contracts as files: a folder has a file NAME.contract.json for each type of events, with all versions of its schema.

  check   holds the files against the registry, and changes nothing; for CI. Exit code 1: something would be refused
  push    registers the versions that are missing, and makes statuses and settings what the files say
  pull    writes the files from the registry
  types   writes the TypeScript \`Events\` that createClient<Events>() of @headrace/sdk takes
  infer   shows what events have in their properties, and what drifted from the contract of their type; drafts
          contracts for types that have none
  export  writes them in another form: Open Data Contract Standard 3, AsyncAPI 3, or a sources.yml of dbt
  import  writes the contracts of a document of the Open Data Contract Standard 3 into the folder

  --dir DIR       the folder                                       (contracts)
  --type TYPE     this type alone; may stand several times         (all)
  --url URL       a Headrace elsewhere (or HEADRACE_URL)
  --key KEY       its API key (or HEADRACE_API_KEY): check and pull need schemas:read, push schemas:write and, for
                  modes and rules, schemas:manage, infer events:read            (the local org demo)
  --state DIR     state folder of the local Headrace               (.headrace)

types:
  --out FILE      where to                                         (stdout)

infer:
  --from TIME, --to TIME   events of this time range, the newest first
  --events N               at most so many                         (10000)
  --file FILE              events of a file instead, with the fields of \`headrace send\`: --type-field, --time-field,
                           --user-field, --id-field
  --draft                  writes the drafts into the folder, as version 1 with the status draft

export:
  --as odcs|asyncapi|dbt   odcs: a file NAME.odcs.yaml for each type; else one document
  --out PATH               where to: a folder for odcs (the folder of the contracts), a file for the others (stdout)

import:
  --from odcs --file FILE  YAML or JSON; a contract that is there is written over
`;

const flags = {
  dir: { type: "string", default: "contracts" },
  type: { type: "string", multiple: true, default: [] as string[] },
  url: { type: "string" },
  key: { type: "string" },
  state: { type: "string" },
  out: { type: "string" },
  from: { type: "string" },
  to: { type: "string" },
  events: { type: "string", default: "10000" },
  file: { type: "string" },
  "type-field": { type: "string" },
  "time-field": { type: "string" },
  "user-field": { type: "string" },
  "id-field": { type: "string" },
  draft: { type: "boolean", default: false },
  as: { type: "string" },
} as const;

type Flags = ReturnType<typeof parse>["values"];

const parse = (args: string[]) => parseFlags(args, flags, true);

/** The longest that a request is tried again. */
const PATIENCE_MS = 30_000;

const verbs: Readonly<Record<string, (values: Flags) => Promise<number>>> = {
  check: (values) => push(values, true),
  push: (values) => push(values, false),
  pull,
  types: (values) => Promise.resolve(types(values)),
  infer,
  export: (values) => Promise.resolve(exportContracts(values)),
  import: (values) => Promise.resolve(importContracts(values)),
};

/** `headrace contracts` */
export const contracts: Command = { help, run: runContracts };

async function runContracts(args: string[]): Promise<number> {
  const { values, positionals } = parse(args);
  const [name = "", ...more] = positionals;
  const verb = Object.hasOwn(verbs, name) ? verbs[name] : undefined;
  if (!verb || more.length > 0) {
    const names = Object.keys(verbs).map((verb) => `\`${verb}\``);
    throw new UsageError(`Say ${names.slice(0, -1).join(", ")} or ${names.at(-1)}.\n\n${help}`);
  }
  return verb(values);
}

async function push(values: Flags, dry: boolean): Promise<number> {
  const { lines, ok } = await pushContracts(readChosen(values), await openRegistry(values), dry);
  print(lines);
  return ok ? 0 : 1;
}

async function pull(values: Flags): Promise<number> {
  const names = await pullContracts(values.dir, values.type, await openRegistry(values));
  print(names.map((name) => `${values.dir}/${name}`));
  return 0;
}

function types(values: Flags): number {
  write(values.out, writeTypes(readChosen(values)));
  return 0;
}

function write(file: string | undefined, text: string): void {
  if (file === undefined) process.stdout.write(text);
  else writeFileSync(file, text);
}

const documents: Readonly<Record<string, (contracts: readonly Contract[], url: string | undefined) => unknown>> = {
  asyncapi: toAsyncApi,
  dbt: toDbtSources,
};

function exportContracts(values: Flags): number {
  const { as = "", out, url = process.env.HEADRACE_URL } = values;
  const toDocument = Object.hasOwn(documents, as) ? documents[as] : undefined;
  if (!toDocument && as !== "odcs") throw new UsageError("Say what as: --as odcs, asyncapi or dbt.");
  const chosen = readChosen(values);
  if (toDocument) write(out, writeYaml(toDocument(chosen, url && readUrl("--url", url))));
  else print(chosen.map((contract) => writeOdcs(out ?? values.dir, contract)));
  return 0;
}

function writeOdcs(folder: string, contract: Contract): string {
  const file = join(folder, nameFile(contract.event_type, ".odcs.yaml"));
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, writeYaml(toOdcs(contract)));
  return file;
}

function importContracts({ from, file, dir }: Flags): number {
  if (from !== "odcs" || file === undefined) throw new UsageError("Say what from: --from odcs --file FILE.");
  const { contracts: found, left } = readOdcs(readYaml(file), file);
  print(found.map((contract) => join(dir, writeContract(dir, contract))));
  for (const path of left) process.stderr.write(`${file}: a contract has no place for ${path}\n`);
  return 0;
}

async function infer(values: Flags): Promise<number> {
  const events = await readEvents(values);
  const known = existsSync(values.dir) ? readContracts(values.dir) : [];
  const source = values.file ?? `from ${values.from ?? "the first"} to ${values.to ?? "the last"}`;
  const { text, drafts } = await inferContracts(events, known, source);
  process.stdout.write(text);
  if (values.draft) print(drafts.map((draft) => `drafted ${values.dir}/${writeContract(values.dir, draft)}`));
  return 0;
}

async function readEvents(values: Flags): Promise<PropertiesByType> {
  const { file, type } = values;
  if (file !== undefined) return readFileEvents(file, mappingOf(values), type);
  const target = openTarget(values, {});
  const most = readNumber("--events", values.events, { min: 1, max: 1_000_000 });
  const query = { types: type, most, ...(values.from && { from: values.from }), ...(values.to && { to: values.to }) };
  return readStoredEvents(query, { baseUrl: target.baseUrl, maxWaitMs: PATIENCE_MS }, await target.keyFor(""));
}

function mappingOf(values: Flags) {
  const { "type-field": type, "time-field": time, "user-field": user, "id-field": id } = values;
  return { ...(type && { type }), ...(time && { time }), ...(user && { user }), ...(id && { id }) };
}

async function openRegistry(values: Flags): Promise<RegistryClient> {
  const target = openTarget(values, {});
  return createRegistryClient({ baseUrl: target.baseUrl, maxWaitMs: PATIENCE_MS }, await target.keyFor(""));
}

function readChosen({ dir, type }: Flags): Contract[] {
  const all = readContracts(dir);
  const missing = type.find((name) => !all.some(({ event_type }) => event_type === name));
  if (missing !== undefined) throw new UsageError(`No file of ${dir} is about the type "${missing}".`);
  return type.length === 0 ? all : all.filter(({ event_type }) => type.includes(event_type));
}

function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
