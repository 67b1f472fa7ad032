import process from "node:process";
import { runProgram } from "../plan/run-program.ts";
import type { Checked } from "./check-resource.ts";
import { checkTypes } from "./check-types.ts";
import { openTypes } from "./published.ts";

const usage = `usage: npm run infra:types -- DIR

Holds every input of every resource of both stacks against Azure's published types in DIR: one JSON file for each resource type, such as
Microsoft.Web_sites@2025-03-01.json, in the form of github.com/Azure/bicep-types-az. Exits with 1 if an input is wrong, with 2 if there are no types.
`;

async function main(folder: string): Promise<void> {
  const find = await openTypes(folder).catch((error: Error) => refuse(error.message));
  for (const stack of find ? ["dev", "prod"] : []) {
    const run = await runProgram({ stack, preview: false });
    if (run.exitCode !== 0)
      throw new Error(`${stack}: the program failed\n${run.logs.map(({ message }) => message).join("\n")}`);
    const checked = await checkTypes(run.registrations, folder);
    report(stack, checked);
    if (checked.length === 0 || checked.some(({ findings }) => findings.length > 0)) process.exitCode = 1;
  }
}

function refuse(why: string): void {
  process.stderr.write(`${why}\n\n${usage}`);
  process.exitCode = 2;
}

function report(stack: string, checked: readonly Checked[]): void {
  const wrong = checked.flatMap(({ findings, registration }) =>
    findings.map(
      ({ kind, path, message }) => `  ${registration.type} ${registration.name}: ${path}: ${kind}: ${message}`,
    ),
  );
  const older = checked.flatMap(({ registration, version, against }) =>
    against === undefined || against === version
      ? []
      : [`${registration.type} uses ${version}: held against ${against}`],
  );
  const inputs = checked.reduce((sum, { registration }) => sum + countLeaves(registration.inputs), 0);
  console.log(`${stack}: ${checked.length} resources, ${inputs} inputs, ${wrong.length} wrong`);
  for (const line of wrong) console.log(line);
  for (const line of new Set(older)) console.log(`  (${line})`);
  const reasons = Map.groupBy(
    checked.flatMap(({ excepted }) => excepted),
    ({ reason }) => reason,
  );
  for (const [reason, found] of reasons) console.log(`  (${found.length} passed all the same: ${reason})`);
}

function countLeaves(value: unknown): number {
  if (typeof value !== "object" || value === null) return 1;
  return Object.values(value).reduce<number>((sum, item) => sum + countLeaves(item), 0);
}

const [folder, ...more] = process.argv.slice(2);
if (folder === undefined || more.length > 0) refuse("It needs one folder.");
else await main(folder);
