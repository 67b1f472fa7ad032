import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { makeFolder, root } from "../cli/support.ts";
import { type Json, makeOrg, product, type TestOrg, until } from "../support/product.ts";

/* Every piece of code of docs/contracts.md, as it stands there, but for the address. */

interface Block {
  readonly language: string;
  readonly text: string;
}

const page = readFileSync(join(root, "docs/contracts.md"), "utf8");
const blocks: readonly Block[] = [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(
  ({ 1: language = "", 2: text = "" }) => ({ language, text }),
);
const run = promisify(execFile);

let org: TestOrg;
let folder: string;
const outputs = new Map<Block, string>();

/** A reader's folder, beside a Headrace that runs. */
beforeAll(async () => {
  org = await makeOrg(["events:write", "events:read", "schemas:read", "schemas:write", "schemas:manage"]);
  folder = makeFolder(afterAll);
  for (const name of [".headrace", "bin"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, ".headrace/orgs.json"), JSON.stringify({ orgs: [{ name: "demo", apiKey: org.key }] }));
  const commands = {
    node: `exec '${process.execPath}' "$@"`,
    npx: `shift\nexec '${process.execPath}' '${root}/cli/headrace.cjs' "$@"`,
  };
  for (const [name, line] of Object.entries(commands)) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
  const shell = blocks.filter(({ language }) => language === "sh");
  const [settings] = shell;
  for (const block of shell) {
    outputs.set(block, await runBlock(block === settings ? block.text : `${settings?.text}${block.text}`));
    if (block.text.includes("contracts push")) await honoured();
  }
});

async function runBlock(text: string): Promise<string> {
  const path = `${join(folder, "bin")}:${process.env.PATH}`;
  const env = { PATH: path, HOME: folder, HEADRACE_URL: product.baseUrl, HEADRACE_API_KEY: org.key };
  const { stdout } = await run("sh", ["-euc", text.replaceAll("http://127.0.0.1:7071", product.baseUrl)], {
    cwd: folder,
    env,
  });
  return stdout;
}

/** Until what judges is what was pushed: an event that does not fit the newest version is answered so. */
async function honoured(): Promise<void> {
  const { versions } = JSON.parse(readFileSync(join(folder, "contracts/order_paid.contract.json"), "utf8")) as Json;
  const probe = { event_type: "order_paid", schema_version: (versions as Json[]).length, properties: {} };
  await until(async () => {
    const { body } = await org.post(probe);
    return (body.results as Json[] | undefined)?.[0]?.code === "schema_mismatch" ? true : undefined;
  }, 60_000);
}

it("each command does what the page shows of it", () => {
  const shown = blocks.flatMap((block, index) => {
    const command = blocks[index - 1];
    return (block.language === "text" || block.language === "json") && command?.language === "sh"
      ? [{ block, got: outputs.get(command) ?? "" }]
      : [];
  });
  expect(shown.length).toBeGreaterThan(6);
  for (const { block, got } of shown) {
    if (block.language === "json")
      expect(JSON.parse(got)).toEqual(
        JSON.parse(block.text, (_, value) => (value === "…" ? expect.any(String) : value)),
      );
    else for (const line of block.text.trimEnd().split("\n")) expect(got).toContain(line.replace(/…$/, ""));
  }
});

it("the sender's old events are found, and all of them for the warehouse", () => {
  const [old, rows] = ["schema_version=1", "format=ndjson"].map(
    (what) => [...outputs].find(([{ text }]) => text.includes(what))?.[1] ?? "",
  );
  expect((JSON.parse(old ?? "") as Json).events).toMatchObject([{ event_id: "o-1", properties: { total: 12.5 } }]);
  const ids = (rows ?? "")
    .trim()
    .split("\n")
    .map((line) => (JSON.parse(line) as Json).event_id);
  expect(ids).toEqual(["o-2", "o-1"]);
});

it("the program compiles with the types that the page's command wrote", async () => {
  const program = blocks.find(({ language }) => language === "ts")?.text ?? "";
  writeFileSync(join(folder, "program.ts"), program);
  const compilerOptions = {
    ...{ strict: true, module: "nodenext", target: "es2024", noEmit: true, allowImportingTsExtensions: true },
    ...{ lib: ["es2024", "dom"], skipLibCheck: true, types: [], exactOptionalPropertyTypes: true },
    paths: { "@headrace/sdk": [join(root, "sdk/src/index.ts")] },
  };
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const tsc = join(root, "node_modules/typescript-7/bin/tsc");
  const compile = () => run(process.execPath, [tsc, "-p", folder, "--pretty", "false"]);
  await expect(compile()).resolves.toBeDefined();
  writeFileSync(join(folder, "program.ts"), program.replace("amount: 12.5", "total: 12.5"));
  await expect(compile()).rejects.toMatchObject({ stdout: expect.stringContaining("program.ts(5,") });
});

it("the job of CI checks what is proposed, pushes what is merged, and knows each command", () => {
  const { on, jobs } = parse(blocks.find(({ language }) => language === "yaml")?.text ?? "") as {
    on: object;
    jobs: { contracts: { steps: { run?: string; if?: string; uses?: string }[] } };
  };
  expect(Object.keys(on)).toEqual(["pull_request", "push"]);
  const { steps } = jobs.contracts;
  const verbs = steps.flatMap(({ run: line, if: when }) => {
    const verb = /headrace contracts (\w+)/.exec(line ?? "")?.[1];
    return verb ? [[verb, /'(\w+)'/.exec(when ?? "")?.[1]]] : [];
  });
  expect(verbs).toEqual([
    ["check", "pull_request"],
    ["push", "push"],
  ]);
  for (const { uses } of steps.filter((step) => step.uses)) expect(uses).toMatch(/@[0-9a-f]{40}( |$)/);
});

it("is run whole: each block is of a language that is run here", () => {
  const known = ["sh", "text", "json", "ts", "yaml"];
  expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  expect(page.match(/^ *```/gm)).toHaveLength(2 * blocks.length);
  // The contract beside the table of commands is the one of the example.
  const [first] = blocks.filter(({ language }) => language === "json");
  expect(JSON.parse(first?.text ?? "")).toMatchObject({ event_type: "order_paid" });
});
