import { execFile } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { makeFolder, root } from "../cli/support.ts";
import { startChromium } from "../support/chromium.ts";
import type { Json, TestOrg } from "../support/connect-product.ts";
import { addMember, callAs, enter, makeEmptyOrg } from "../support/people.ts";
import { product, until, withKey } from "../support/product.ts";

/* Every piece of code of docs/api.md, as it stands there, but for addresses and names of which a test has its own. */

interface Block {
  readonly language: string;
  readonly text: string;
  /** Of the page, from 1. */
  readonly line: number;
}

function readBlocks(page: string): Block[] {
  return [...page.matchAll(/^```(\w*)\n(.*?)^```$/gms)].map(({ 1: language = "", 2: text = "", index }) => ({
    ...{ language, text },
    line: page.slice(0, index).split("\n").length,
  }));
}

const page = readFileSync(join(root, "docs/api.md"), "utf8");
const blocks = readBlocks(page);
const ofLanguage = (language: string): Block[] => blocks.filter((block) => block.language === language);
const run = promisify(execFile);

let org: TestOrg;
let token: string;
let folder: string;
beforeAll(async () => {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  ({ token } = await enter("ada", orgId));
  org = withKey(orgId, await makeKey({ name: "k", scopes: ["events:write", "events:read"] }));
  folder = makeFolder(afterAll);
});

async function makeKey(wanted: object): Promise<{ readonly key: string; readonly keyId: string }> {
  const { body } = await callAs(token, "POST", "/api/v1/keys", wanted);
  return { key: String(body.key), keyId: String((body.api_key as Json).key_id) };
}

/** A reader's folder: with the local state, the file that a command names, and the commands that a reader has. */
function furnish(): void {
  mkdirSync(join(folder, ".headrace"));
  mkdirSync(join(folder, "bin"));
  writeFileSync(join(folder, ".headrace/orgs.json"), JSON.stringify({ orgs: [{ name: "demo", apiKey: org.key }] }));
  const edit = { channel: `#c-${org.orgId}`, namespace: "Main", time: "2026-11-30T10:00:00Z", user: "ada" };
  writeFileSync(join(folder, "edits.ndjson.gz"), gzipSync(`${JSON.stringify(edit)}\n`));
  const headrace = `'${process.execPath}' '${root}/cli/headrace.cjs' "$@"`;
  const commands = {
    node: `exec '${process.execPath}' "$@"`,
    // Orgs of a file are made in the local state alone, where the product of these tests has its own.
    npx: `shift
case "$*" in *--org-field*) unset HEADRACE_URL HEADRACE_API_KEY; exec ${headrace} --state '${product.stateDir}';; esac
exec ${headrace}`,
    az: `printf %s '${product.operatorKey}'`,
  };
  for (const [name, line] of Object.entries(commands)) {
    writeFileSync(join(folder, "bin", name), `#!/bin/sh\n${line}\n`);
    chmodSync(join(folder, "bin", name), 0o755);
  }
}

/** Where the page's reader is, and what only one test can make. */
function settle(text: string): string {
  return text
    .replaceAll(/http:\/\/127\.0\.0\.1:7071|https:\/\/headrace\.example\.com/g, product.baseUrl)
    .replaceAll("/tmp/", `${folder}/`)
    .replaceAll(/#en\.wikipedia|\bacme\b/g, (name) => `${name}-${org.orgId}`);
}

/** The output of each block of commands, which one shell runs after another, and the blocks of which one failed. */
async function runCommands(): Promise<{ readonly outputs: ReadonlyMap<Block, string>; readonly failed: Set<Block> }> {
  furnish();
  const commands = ofLanguage("sh");
  const env = {
    ...{ PATH: `${join(folder, "bin")}:${process.env.PATH}`, HOME: folder, TOKEN: token },
    ...{ HEADRACE_URL: product.baseUrl, HEADRACE_API_KEY: org.key, HEADRACE_OPERATOR_TOKEN: product.operatorKey },
  };
  const tell = (name: string) => `${name}() { command ${name} "$@" || echo "$BLOCK" >> failed; }`;
  const script = [
    ": > failed",
    `curl() { command curl --fail-with-body "$@" || echo "$BLOCK" >> failed; }`,
    ...["npx", "gzip", "printf"].map(tell),
    ...commands.map(({ text }, i) => `BLOCK=${i}\necho\necho "== ${i} =="\n${settle(text)}`),
  ].join("\n");
  const { stdout } = await run("sh", ["-uc", script], { cwd: folder, env });
  const parts = stdout.split(/^== \d+ ==\n/m).slice(1);
  const failed = readFileSync(join(folder, "failed"), "utf8").split("\n").filter(Boolean);
  return {
    outputs: new Map(commands.map((block, i) => [block, parts[i] ?? ""])),
    failed: new Set(failed.flatMap((i) => commands[Number(i)] ?? [])),
  };
}

/** What a page shows of an answer: an ellipsis stands for the rest of a text. Ids and times differ each time. */
function asShown(shown: unknown): unknown {
  if (typeof shown === "string" && shown.endsWith("…"))
    return shown.includes(" ") ? expect.stringContaining(shown.slice(0, -1)) : expect.any(String);
  if (Array.isArray(shown)) return shown.map(asShown);
  if (typeof shown !== "object" || shown === null) return shown;
  return Object.fromEntries(Object.entries(shown).map(([name, value]) => [name, asShown(value)]));
}

it("is run whole: each block is of a language that is run here, and each answer follows its command", () => {
  expect(blocks.length).toBeGreaterThan(15);
  const before = new Map(blocks.map((block, i) => [block, blocks[i - 1]?.language]));
  const unknown = blocks.filter(({ language }) => !["sh", "ts", "js", "json"].includes(language));
  const alone = ofLanguage("json").filter((block) => before.get(block) !== "sh");
  expect([...unknown, ...alone].map(({ line }) => line)).toEqual([]);
  expect(page.match(/^ *```/gm)).toHaveLength(2 * blocks.length);
  expect(readBlocks("a\n```py\nx\n```\n")).toEqual([{ language: "py", text: "x\n", line: 2 }]);
});

it("each command does what it says, and each answer is as it is shown", async () => {
  const { outputs, failed } = await runCommands();
  const shown = ofLanguage("json").map((block) => {
    const command = blocks[blocks.indexOf(block) - 1] as Block;
    return { block, command, wanted: JSON.parse(block.text) as Json };
  });
  for (const { block, command, wanted } of shown) {
    const lines = (outputs.get(command) ?? "").split(/(?<=\})\n?(?=\{)/);
    const got = lines.at(-1)?.trim() ?? "";
    expect(JSON.parse(got || "null"), `line ${block.line}: ${outputs.get(command)}`).toEqual(asShown(wanted));
  }
  const refused = shown.filter(({ wanted }) => Number(wanted.status) >= 400).map(({ command }) => command);
  const texts = [...failed].map((block) => `line ${block.line}: ${outputs.get(block)}`);
  expect([...failed], texts.join("\n")).toEqual(refused);
  for (const [{ line }, output] of outputs) expect(output, `line ${line}`).not.toBe("");
});

it("the program sends, waits and reads", async () => {
  const [program] = ofLanguage("ts");
  writeFileSync(join(folder, "example.mts"), program?.text ?? "");
  const env = { PATH: process.env.PATH, URL: product.baseUrl, KEY: org.key };
  const { stdout } = await run(process.execPath, [join(folder, "example.mts")], { env });
  expect(stdout).toMatch(/settled.*o-18-paid order_paid/s);
  expect(ofLanguage("ts")).toHaveLength(1);
});

describe("in a page of another site", () => {
  const site = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/html" }).end("<title>a shop</title>");
  });
  afterAll(() => site.close());

  it("each script sends its event, while the page is open and when it is left", async () => {
    site.listen(0, "127.0.0.1");
    await once(site, "listening");
    const origin = `http://127.0.0.1:${(site.address() as AddressInfo).port}`;
    const { key } = await makeKey({ name: "pages", scopes: ["events:write"], origins: [origin] });
    const { context, close } = await startChromium();
    try {
      for (const { text } of ofLanguage("js")) {
        const tab = await context.newPage();
        await tab.goto(origin);
        const known = `const [url, key] = ${JSON.stringify([product.baseUrl, key])};`;
        await tab.evaluate(`(async () => { ${known}\n${text} })()`);
        await tab.goto("about:blank");
        await tab.close();
      }
      const types = await until(async () => {
        const { body } = await org.get("/api/v1/events?event_type=page_left&event_type=page_viewed&limit=1000");
        const found = (body.events as Json[]).filter((event) => event.user_id === undefined);
        return found.length >= ofLanguage("js").length ? found.map((event) => event.event_type).sort() : undefined;
      });
      expect(types).toEqual(["page_left", "page_left", "page_viewed"]);
    } finally {
      await close();
    }
  });
});

it("each example of a change has the verdict of the table that the comparison of contracts is tested by", () => {
  const source = readFileSync(join(root, "test/scripts/contract.test.ts"), "utf8");
  const [, breaks = "", kinds = ""] = source.split(/^const (?:breaks|kinds): readonly Change\[\] = \[$/m);
  const titlesOf = (text: string) => [...text.matchAll(/^ {2}(?:\[|\[?\n? {4})"([^"]+)",/gm)].map(([, title]) => title);
  const rows = [...page.matchAll(/^\| ([^|]+) \| [^|]+ \| (within v1|needs a v2) \|$/gm)];
  expect(rows.length).toBeGreaterThan(12);
  for (const [, change, verdict] of rows)
    expect(titlesOf(verdict === "within v1" ? kinds : breaks), change).toContain(change);
});
