import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { expect, it } from "vitest";
import { answerJson, makeFolder, root, serveStub } from "../cli/support.ts";
import { readSent, take } from "./support.ts";

const serve = () => serveStub(({ body }, response) => answerJson(response, 202, take(body)));

async function bundle(entry: string, format: "esm" | "iife"): Promise<string> {
  const platform = format === "esm" ? "node" : "neutral";
  const options = { bundle: true, write: false, format, platform, target: "es2022", globalName: "headrace" } as const;
  const { outputFiles } = await build({ entryPoints: [join(root, entry)], ...options });
  return outputFiles[0]?.text ?? "";
}

/** This Node, and the one that npm was started with: on the build server that is 20, 22 and 24. */
const nodes = [...new Set([process.execPath, process.env.npm_node_execpath ?? process.execPath])];

it.each(nodes)("sends, packs, keeps on disk and asks for tokens on %s", async (node) => {
  const server = await serve();
  const script = join(makeFolder(), "smoke.mjs");
  await writeFile(script, await bundle("test/sdk/clients/smoke.ts", "esm"));
  const { stdout } = await promisify(execFile)(node, [script, server.url, join(makeFolder(), "queue")]);
  expect(stdout).toMatch(/^v\d+\.\S+ ok\n$/);
  expect(server.requests.some(({ headers }) => headers["content-encoding"] === "gzip")).toBe(true);
});

it.each([
  ["ends by itself when it has nothing else to do, and does not wait for a server that is away", "leaves", "retry\n"],
  ["lives on while it awaits `flush`", "waits", /^(retry\n)+pending 1\n$/],
])("a process %s", async (_, what, output) => {
  const { stdout } = await promisify(execFile)(process.execPath, [join(root, "test/sdk/clients/leaves.ts"), what]);
  expect(stdout).toMatch(output);
});

/** What runtimes at the edge have in common: the web's own, and nothing of Node. */
const ofTheWeb = {
  ...{ fetch, Headers, Request, Response, Blob, URL, AbortController, AbortSignal, TextEncoder, TextDecoder },
  ...{ CompressionStream, DecompressionStream, crypto, performance, setTimeout, clearTimeout, queueMicrotask, console },
};

it("sends and packs in a runtime without `process` and `Buffer`", async () => {
  const server = await serve();
  const context = createContext({ ...ofTheWeb });
  runInContext(await bundle("sdk/src/index.ts", "iife"), context);
  const code = `(async () => {
    if (typeof process !== "undefined" || typeof Buffer !== "undefined") throw new Error("this is Node");
    const client = headrace.createClient({ endpoint: ${JSON.stringify(server.url)}, getToken: () => "t" });
    for (let i = 0; i < 100; i++) client.track("seen", { i, map: new Map([["at", new Date(0)]]), error: new Error("e") });
    return (await client.flush()).pending;
  })()`;
  expect(await runInContext(code, context)).toBe(0);
  const [sent] = server.requests;
  expect(sent?.headers).toMatchObject({ authorization: "Bearer t", "content-encoding": "gzip" });
  expect(readSent(sent?.body ?? Buffer.of()).events[0]).toMatchObject({
    properties: { i: 0, map: { at: "1970-01-01T00:00:00.000Z" }, error: { name: "Error", message: "e" } },
  });
});
