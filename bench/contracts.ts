import { basename } from "node:path";
import process from "node:process";
import { parseFlags, runCommand, UsageError } from "../cli/command.ts";
import { inferSchema } from "../cli/contracts/infer-schema.ts";
import { type PropertiesByType, readFileEvents } from "../cli/contracts/read-events.ts";
import { formatTable } from "../cli/table.ts";
import { compileSchema } from "../shared/schema/judge/compile-schema.ts";

const help = `Usage: npm run bench:contracts -- FILE

Infers a schema for each namespace of a file of Wikipedia edits (NDJSON). Each must take all of its edits, and
of 200 that are changed (a property more, one less, one of another type) none. Exit code 1 where it is otherwise.
`;

const MUTANTS = 200;
/** Namespaces in the table. */
const SHOWN = 15;

await runCommand("bench:contracts", run);

async function run(args: string[]): Promise<number> {
  const { positionals } = parseFlags(args, {}, true);
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`Name the file of edits.\n\n${help}`);
  const edits = await readFileEvents(file, { type: "namespace", time: "time", user: "user" }, []);
  const { rows, wrong, mutants } = await judgeEdits(edits);
  process.stdout.write(
    `${basename(file)}\n${formatTable(rows.slice(0, 1 + SHOWN))}${edits.size} namespaces, the first of them above; ${mutants} changed edits, ${wrong} faults\n`,
  );
  return wrong === 0 ? 0 : 1;
}

interface Judged {
  readonly rows: string[][];
  readonly wrong: number;
  readonly mutants: number;
}

/** The changed edits are spread over the types. */
async function judgeEdits(edits: PropertiesByType): Promise<Judged> {
  const rows = [["namespace", "edits", "refused", "changed", "taken"]];
  const each = Math.ceil(MUTANTS / edits.size);
  let wrong = 0;
  let mutants = 0;
  for (const [type, values] of edits) {
    const { findFault } = await compileSchema(inferSchema(values).schema);
    const refused = values.filter((value) => findFault(value)).length;
    const changed = Array.from({ length: each }, (_, index) => change(values, mutants + index));
    const taken = changed.filter((value) => !findFault(value)).length;
    rows.push([type, ...[values.length, refused, changed.length, taken].map(String)]);
    wrong += refused + taken;
    mutants += changed.length;
  }
  return { rows, wrong, mutants };
}

/** Another edit, property and change for each number. */
function change(values: readonly unknown[], index: number): Record<string, unknown> {
  const value = { ...(values[(index * 7919) % values.length] as Record<string, unknown>) };
  const names = Object.keys(value);
  const name = names[index % names.length] ?? "";
  if (index % 3 === 0) value[`${name} more`] = 1;
  else if (index % 3 === 1) delete value[name];
  else value[name] = { other: [] };
  return value;
}
