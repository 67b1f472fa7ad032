import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually, startBroken, startHost } from "./support.ts";

const FIXTURE = join(dirname(fileURLToPath(import.meta.url)), "../../fixtures/apps/http/functions");
/** An ESM bundle of CommonJS packages needs a `require`. */
const REQUIRE = "import { createRequire as r } from 'node:module'; const require = r(import.meta.url);";
const HOST = { version: "2.0" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "functions-host-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface AppFiles {
  readonly source: string;
  readonly format?: "esm" | "cjs";
  readonly file?: string;
  readonly host?: object | string;
  readonly manifest?: object;
  readonly settings?: object;
}

let apps = 0;
/** A bundled app, library and all, in a folder of its own. */
async function makeApp({ source, format = "esm", file = "dist/app.mjs", host = HOST, manifest, settings }: AppFiles) {
  const dir = join(folder, `app${++apps}`);
  await mkdir(dir);
  await build({
    stdin: { contents: source, resolveDir: FIXTURE, loader: "ts" },
    bundle: true,
    platform: "node",
    format,
    outfile: join(dir, file),
    external: ["@azure/functions-core"],
    banner: { js: format === "esm" ? REQUIRE : "" },
    logLevel: "error",
  });
  await writeFile(join(dir, "package.json"), JSON.stringify(manifest ?? { main: file }));
  await writeFile(join(dir, "host.json"), typeof host === "string" ? host : JSON.stringify(host));
  if (settings) await writeFile(join(dir, "local.settings.json"), JSON.stringify(settings));
  return dir;
}

const http = (name: string, options = ""): string =>
  `app.http("${name}", { ${options} handler: () => ({ body: "ok" }) });`;
const withApp = (...lines: string[]): string => `import { app } from "@azure/functions";\n${lines.join("\n")}`;

describe("an app", () => {
  it.each([
    { format: "esm", file: "dist/app.mjs" },
    { format: "cjs", file: "dist/app.cjs" },
    { format: "cjs", file: "dist/app.js" },
  ] as const)("is served from a bundle ($format, $file)", async ({ format, file }) => {
    const dir = await makeApp({ source: withApp(http("bundled")), format, file });
    const host = await startHost(dir);
    expect(await (await fetch(`${host.baseUrl}/api/bundled`)).text()).toBe("ok");
    expect(await host.stop()).toBe(0);
  });

  it("is loaded from all files that main matches, with local settings where the environment has none", async () => {
    const source = withApp(
      'app.http("settings", { handler: () => ({ jsonBody: [process.env["A"], process.env["B"], process.env["C"]] }) });',
      http("off"),
    );
    const dir = await makeApp({
      source,
      manifest: { main: "dist/*.mjs" },
      settings: { IsEncrypted: false, Values: { A: "file", B: "file", C: "", "AzureWebJobs.off.Disabled": "true" } },
    });
    const host = await startHost(dir, { env: { A: "environment" } });
    expect(await (await fetch(`${host.baseUrl}/api/settings`)).json()).toEqual(["environment", "file", ""]);
    expect((await fetch(`${host.baseUrl}/api/off`)).status).toBe(404);
    await host.kill();
  });

  it("ends with its worker at a rejection that nobody awaits, unless the app listens to such", async () => {
    const leave = 'app.http("leave", { handler: () => { void Promise.reject(new Error("left alone")); return {}; } });';
    const host = await startHost(await makeApp({ source: withApp(leave) }));
    await fetch(`${host.baseUrl}/api/leave`).catch(() => undefined);
    expect(await host.exited).toBe(1);
    const listening = 'process.on("unhandledRejection", (error) => console.error("heard of", String(error)));';
    const other = await startHost(await makeApp({ source: withApp(leave, listening) }));
    await fetch(`${other.baseUrl}/api/leave`);
    await eventually("it is heard of", () => other.lines.some((line) => line.includes("heard of Error: left alone")));
    expect((await fetch(`${other.baseUrl}/api/leave`)).status).toBe(200);
    await other.kill();
  });

  it("filters its log by host.json", async () => {
    const source = withApp('app.http("talk", { handler: (_, c) => { c.log("quiet"); c.warn("loud"); return {}; } });');
    const logging = { logLevel: { default: "Error", "Function.talk.User": "Warning" } };
    const host = await startHost(await makeApp({ source, host: { ...HOST, logging } }));
    await fetch(`${host.baseUrl}/api/talk`);
    await eventually("the warning is there", () => host.lines.some((line) => line.endsWith(" loud")));
    expect(host.lines.some((line) => line.endsWith(" quiet"))).toBe(false);
    await host.kill();
  });
});

describe("an app that cannot be served ends the host with a message", () => {
  const storage = { AzureWebJobsStorage: "UseDevelopmentStorage=true" };
  it.each<[string, AppFiles, RegExp]>([
    ["no function", { source: "export {};" }, /No function registered/],
    ["no library", { source: withApp("void app;") }, /No function registered/],
    ["a file that throws", { source: 'throw new Error("at import");' }, /unable to load entry point .*\n?.*at import/],
    [
      "a main that matches nothing",
      { source: "", manifest: { main: "none/*.js" } },
      /zero files matching "none\/\*\.js"/,
    ],
    ["no main", { source: "", manifest: {} }, /"main" must name/],
    [
      "two functions of one name",
      { source: withApp(http("same"), http("Same")) },
      /"Same" has already been registered/,
    ],
    ["a bad name", { source: withApp(http("1st")) }, /'1st' is not a valid function name/],
    ["a route of the host", { source: withApp(http("a", 'route: "admin/x",')) }, /'admin\/x' conflicts/],
    [
      "the same route twice",
      { source: withApp(http("a", 'route: "x",'), http("b", 'route: "X",')) },
      /b: the route 'GET api\/X' is taken by a/,
    ],
    [
      "a bad template",
      { source: withApp(http("a", 'route: "x/{id",')) },
      /'api\/x\/\{id' is invalid: a brace is not closed/,
    ],
    [
      "an unknown constraint",
      { source: withApp(http("a", 'route: "{id:prime}",')) },
      /the constraint 'prime' is unknown/,
    ],
    [
      "a trigger that it lacks",
      { source: withApp('app.cosmosDB("c", { handler: () => {} } as never);') },
      /no trigger of type cosmosDBTrigger/,
    ],
    [
      "an output that it lacks",
      {
        source: withApp(
          'import { output } from "@azure/functions";',
          http("a", 'extraOutputs: [output.storageQueue({ queueName: "q", connection: "C" })],'),
        ),
      },
      /no out binding of type queue/,
    ],
    [
      "a retry policy on HTTP",
      { source: withApp(http("a", 'retry: { strategy: "fixedDelay", maxRetryCount: 1, delayInterval: 1 },')) },
      /retry policy is supported on/,
    ],
    [
      "a schedule that is none",
      { source: withApp('app.timer("t", { schedule: "often", handler: () => {} });') },
      /'often' is neither/,
    ],
    [
      "a setting that is not there",
      { source: withApp('app.timer("t", { schedule: "%WHEN%", handler: () => {} });') },
      /'%WHEN%' does not resolve to a value/,
    ],
    [
      "a connection that is not there",
      { source: withApp('app.storageQueue("q", { queueName: "q", connection: "Jobs", handler: () => {} });') },
      /'Jobs' is not set/,
    ],
    [
      "a warmup of another name",
      { source: withApp('app.warmup("warm", { handler: () => {} });') },
      /must be named 'warmup'/,
    ],
    ["host.json that is not JSON", { source: withApp(http("a")), host: "{" }, /host\.json is not JSON/],
    [
      "a value out of range",
      { source: withApp(http("a")), host: { ...HOST, extensions: { queues: { batchSize: 33 } } } },
      /extensions\.queues\.batchSize/,
    ],
    [
      "a time that is none",
      { source: withApp(http("a")), host: { ...HOST, functionTimeout: "soon" } },
      /'soon' is not a time span/,
    ],
    ["encrypted settings", { source: withApp(http("a")), settings: { Values: {} } }, /is encrypted/],
  ])("%s", async (_what, files, message) => {
    const { code, log } = await startBroken(await makeApp(files), { env: storage });
    expect(log).toMatch(message);
    expect(code).toBe(1);
  });

  it.each([
    [["--port", "x"], /--port must be between 0 and 65535/],
    [["--nonsense"], /Unknown option '--nonsense'/],
    [["--queue-lease", "soon"], /--queue-lease must be a number of seconds/],
  ])("a wrong flag: %s", async (args, message) => {
    const { code, log } = await startBroken("http", { args });
    expect([code, message.test(log)]).toEqual([1, true]);
  });

  it("a port that is taken", async () => {
    const host = await startHost("http");
    const { code, log } = await startBroken("http", { args: ["--port", new URL(host.baseUrl).port] });
    expect([code, log]).toEqual([1, expect.stringMatching(/Cannot listen on 127\.0\.0\.1:\d+: .*EADDRINUSE/)]);
    await host.kill();
  });
});
