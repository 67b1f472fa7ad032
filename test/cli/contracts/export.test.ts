import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { contractSchema, writeContract } from "../../../cli/contracts/contract-files.ts";
import { toDbtSources } from "../../../cli/contracts/write-dbt.ts";
import { readYaml } from "../../../cli/contracts/yaml-files.ts";
import { makeFolder, runCommandToEnd } from "../support.ts";

const paid = contractSchema.parse({
  ...{ event_type: "order/paid", owner: "checkout", description: "an order is paid" },
  versions: [
    {
      version: 1,
      schema: {
        type: "object",
        properties: {
          total: { type: "number", description: "with tax" },
          currency: { enum: ["EUR", "USD"] },
          note: { type: ["string", "null"], enum: ["a", null] },
          "two words": {},
          email: { type: "string", "x-pii": "drop" },
        },
        required: ["total", "note", "email"],
      },
    },
  ],
});
const run = (...args: string[]) => runCommandToEnd("contracts", args);

test("contracts go out in each form, and come in again", async () => {
  const [folder, other] = [makeFolder(), makeFolder()];
  writeContract(folder, paid);
  const file = join(folder, "order%2Fpaid.odcs.yaml");
  expect(await run("export", "--as", "odcs", "--dir", folder)).toEqual({ code: 0, stdout: `${file}\n`, stderr: "" });
  const came = join(other, "order%2Fpaid.contract.json");
  const done = { code: 0, stdout: `${came}\n`, stderr: "" };
  expect(await run("import", "--from", "odcs", "--file", file, "--dir", other)).toEqual(done);
  expect(JSON.parse(readFileSync(came, "utf8"))).toEqual(paid);
  const out = join(other, "asyncapi.yaml");
  const written = await run(
    "export",
    "--as",
    "asyncapi",
    "--dir",
    folder,
    "--out",
    out,
    "--url",
    "https://h.example.com",
  );
  expect(written).toEqual({ code: 0, stdout: "", stderr: "" });
  expect(readYaml(out)).toMatchObject({
    asyncapi: "3.0.0",
    servers: { headrace: { host: "h.example.com" } },
    components: { messages: { "order-paid_v1": { name: "order/paid" } } },
  });
  const { stdout } = await run("export", "--as", "dbt", "--dir", folder);
  expect(stdout).toContain("\n      - name: order_paid\n");
});

test.each([
  [["export"], "--as odcs, asyncapi or dbt"],
  [["export", "--as", "x"], "--as odcs, asyncapi or dbt"],
  [["import", "--from", "avro", "--file", "x"], "--from odcs --file FILE"],
  [["import", "--from", "odcs"], "--from odcs --file FILE"],
])("%j is refused with what to say", async (args, message) => {
  const refused = await run(...args);
  expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(message)]);
});

test("a source of dbt has a table for each type, with the tests that its contract promises", () => {
  const { sources } = toDbtSources([paid]) as { sources: { name: string; tables: Record<string, unknown>[] }[] };
  const [table] = sources[0]?.tables ?? [];
  const columns = table?.columns as { name: string }[];
  expect({ ...table, columns: columns.filter(({ name }) => name.startsWith("properties.")) }).toEqual({
    ...{ name: "order_paid", description: "an order is paid" },
    meta: {
      ...{ event_type: "order/paid", as_version: 1, status: "active", mode: "enforce", owner: "checkout" },
      not_columns: ["two words"],
    },
    columns: [
      {
        ...{ name: "properties.total", description: "with tax", meta: { type: "number" } },
        data_tests: [{ not_null: { config: { severity: "error" } } }],
      },
      {
        name: "properties.currency",
        data_tests: [{ accepted_values: { values: ["EUR", "USD"], config: { severity: "error" } } }],
      },
      {
        ...{ name: "properties.note", meta: { type: ["string", "null"] } },
        data_tests: [{ accepted_values: { values: ["a"], config: { severity: "error" } } }],
      },
      { name: "properties.email", meta: { type: "string", "x-pii": "drop" } },
    ],
  });
  const [warned] = (toDbtSources([{ ...paid, mode: "warn" }]).sources as typeof sources)[0]?.tables ?? [];
  expect(JSON.stringify(warned)).not.toContain('"error"');
});
