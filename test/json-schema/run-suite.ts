import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { JsonSchema } from "../../shared/schema/json-schema.ts";
import { checkSchema } from "../../shared/schema/judge/check-schema.ts";
import { compileSchema } from "../../shared/schema/judge/compile-schema.ts";
import { notSupported, OTHER_READING } from "./not-supported.ts";

interface Group {
  readonly description: string;
  readonly schema: JsonSchema;
  readonly tests: readonly { readonly description: string; readonly data: unknown; readonly valid: boolean }[];
}

interface FileResult {
  readonly file: string;
  readonly groups: number;
  readonly refused: number;
  readonly passed: number;
  /** Also when another number of groups is refused than is stated. */
  readonly faults: readonly string[];
}

const FOLDERS = ["", "optional", "optional/format"];

/** Runs draft 2020-12 of the JSON Schema Test Suite, which lies in `dir`. Rejects when it is not there. */
export async function runSuite(dir: string): Promise<FileResult[]> {
  const root = join(dir, "tests", "draft2020-12");
  const files: string[] = [];
  for (const folder of FOLDERS) {
    const names = await readdir(join(root, folder));
    files.push(...names.filter((name) => name.endsWith(".json")).map((name) => join(folder, name)));
  }
  return Promise.all(files.map((file) => runFile(root, file)));
}

async function runFile(root: string, file: string): Promise<FileResult> {
  const groups: readonly Group[] = JSON.parse(await readFile(join(root, file), "utf8"));
  const faults: string[] = [];
  let [refused, passed] = [0, 0];
  for (const group of groups) {
    if (checkSchema(group.schema).length > 0) {
      refused++;
      continue;
    }
    const wrong = await runGroup(group, file);
    passed += group.tests.length - wrong.length;
    faults.push(...wrong);
  }
  const stated = notSupported[file]?.groups ?? 0;
  if (refused !== stated) faults.push(`${refused} schemas are refused, and ${stated} are stated`);
  return { file, groups: groups.length, refused, passed, faults };
}

async function runGroup({ description, schema, tests }: Group, file: string): Promise<string[]> {
  const { findFault } = await compileSchema(schema);
  return tests.flatMap((test) => {
    const expected = file === "format.json" && test.description.endsWith(OTHER_READING) ? !test.valid : test.valid;
    const fault = findFault(test.data);
    if ((fault === undefined) === expected) return [];
    return [`${description}, ${test.description}: ${fault?.message ?? "no fault"}, expected ${expected}`];
  });
}
