import { execFile } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import type { Contract } from "../../../cli/contracts/contract-files.ts";
import { writeTypes } from "../../../cli/contracts/write-types.ts";
import { makeFolder, root } from "../support.ts";

const contract = (event_type: string, schema: Record<string, unknown>, more: Partial<Contract> = {}): Contract => ({
  ...{ event_type, owner: "", description: "", mode: "enforce", compatibility: "backward" },
  versions: [{ version: 1, status: "active", description: "", schema, examples: [] }],
  ...more,
});

const paid = contract(
  "order paid",
  {
    type: "object",
    properties: {
      total: { type: "number" },
      currency: { enum: ["EUR", "USD"] },
      note: { type: ["string", "null"] },
      lines: { type: "array", items: { $ref: "#/$defs/line" } },
    },
    required: ["total", "currency"],
    additionalProperties: false,
    $defs: { line: { type: "object", properties: { sku: { type: "string" } }, required: ["sku"] } },
  },
  { description: "An order */ is paid" },
);
const tree = contract("tree", { type: "object", properties: { child: { $ref: "#" }, leaf: { const: 1 } } });
const draft = contract("draft", {});

const program = `import { createClient } from "@headrace/sdk";
import type { Events } from "./events.ts";

const client = createClient<Events>({ endpoint: "https://events.example.com", key: "hr_acme_x" });
await client.track("order paid", { total: 1, currency: "EUR", lines: [{ sku: "a" }], note: null });
await client.track("tree", { child: { child: { leaf: 1 } }, leaf: 1, more: true });
`;
const wrong = [
  ['"order paid", { total: "1", currency: "EUR" }', "total"],
  ['"order paid", { total: 1 }', "currency"],
  ['"order paid", { total: 1, currency: "GBP" }', "currency"],
  ['"order paid", { total: 1, currency: "EUR", lines: [{}] }', "sku"],
  ['"order paid", { total: 1, currency: "EUR", more: 1 }', "more"],
  ['"tree", { leaf: 2 }', "leaf"],
  ['"draft", {}', "draft"],
] as const;

test("the types compile with the SDK, take what fits and refuse what does not", async () => {
  const folder = makeFolder();
  const events = writeTypes([
    paid,
    tree,
    { ...draft, versions: draft.versions.map((one) => ({ ...one, status: "draft" })) },
  ]);
  writeFileSync(join(folder, "events.ts"), events);
  const lines = wrong.map(([call]) => `await client.track(${call});\n`);
  writeFileSync(join(folder, "program.ts"), program + lines.join(""));
  const sdk = join(root, "sdk/src/index.ts");
  const compilerOptions = {
    ...{ strict: true, module: "nodenext", target: "es2024", noEmit: true, allowImportingTsExtensions: true },
    ...{ lib: ["es2024", "dom"], skipLibCheck: true, types: [], exactOptionalPropertyTypes: true },
    paths: { "@headrace/sdk": [sdk] },
  };
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const tsc = join(root, "node_modules/typescript-7/bin/tsc");
  const { stdout } = await promisify(execFile)(process.execPath, [tsc, "-p", folder, "--pretty", "false"]).catch(
    (error: { stdout: string }) => error,
  );
  const first = program.split("\n").length;
  const found = stdout.split("\n").filter((line) => line.includes("error TS"));
  const at = found.map((line) => Number(/program\.ts\((\d+),/.exec(line)?.[1]));
  expect([...new Set(at)], stdout).toEqual(wrong.map((_, index) => first + index));
});
