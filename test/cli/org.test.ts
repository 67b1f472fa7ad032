import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Stack, startStack } from "../../local/launcher/stack.ts";
import { hearsSoon } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";
import { makeFolder, runCommandToEnd, serveStub } from "./support.ts";

describe("org, on a running stack", () => {
  let stateDir: string;
  let stack: Stack;

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), "headrace-"));
    stack = await startStack({ stateDir, env: hearsSoon });
  });
  afterAll(async () => {
    await stack?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const org = (...args: string[]) => runCommandToEnd("org", [...args, "--state", stateDir]);
  const keyIn = (text: string): string | undefined => /API key +(\S+)/.exec(text)?.[1];
  const keptKeys = (): string[] => {
    const { orgs } = JSON.parse(readFileSync(join(stateDir, "orgs.json"), "utf8")) as { orgs: { apiKey: string }[] };
    return orgs.map((one) => one.apiKey);
  };

  test("makes an org with a key that works, keeps it, and refuses to make it again", async () => {
    const first = await org("create", "#en.wikipedia");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain('Org "#en.wikipedia" made');
    expect(first.stdout).toContain("~23en.wikipedia");
    const key = keyIn(first.stdout) ?? "";
    expect(key).toMatch(/^hr_~23en\.wikipedia_/);
    expect(keptKeys()).toContain(key);
    const headers = { authorization: `Bearer ${key}` };
    expect((await fetch(`${stack.baseUrl}/api/v1/events`, { headers })).status).toBe(200);

    const again = await org("create", "#en.wikipedia");
    expect(again).toMatchObject({ code: 1, stdout: "" });
    expect(again.stderr).toContain('headrace org: There is an org "#en.wikipedia" already (id ~23en.wikipedia)');
    expect(again.stderr).toContain("orgs.json");
  });

  test("hands out the invitation of the first admin, and suspends and resumes", async () => {
    const made = await org("create", "with-admin");
    const link = /first admin +(\S+)/.exec(made.stdout)?.[1] ?? "";
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/auth\/join#hri_with-admin_[\w-]{43}$/);
    const anew = await org("invite", "with-admin");
    expect(anew).toMatchObject({ code: 0, stdout: expect.stringMatching(/^first admin +\S+\/join#hri_with-admin_/) });
    expect(anew.stdout).not.toContain(link);
    const read = async () => {
      const headers = { authorization: `Bearer ${keyIn(made.stdout)}` };
      return (await fetch(`${stack.baseUrl}/api/v1/events`, { headers })).status;
    };
    expect(await read()).toBe(200);
    expect(await org("suspend", "with-admin")).toMatchObject({ code: 0, stdout: expect.stringContaining("refused") });
    await until(async () => ((await read()) === 403 ? true : undefined), 30_000);
    expect(await org("resume", "with-admin")).toMatchObject({ code: 0 });
    await until(async () => ((await read()) === 200 ? true : undefined), 30_000);
    const unknown = await org("suspend", "nobody");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no org with this id") });
  });

  test("lists id, name and creation time, and as JSON the API's answer", async () => {
    const made = await org("create", "acme", "--json");
    const { api_key, ...acme } = JSON.parse(made.stdout) as { org_id: string; api_key: { key: string } };
    expect(acme).toMatchObject({ org_id: "acme", invitation: { link: expect.stringContaining("/join#") } });
    expect(keptKeys()).toContain(api_key.key);
    const list = await org("list");
    expect(list.stdout).toMatch(/^ {2}id +name +created\n/);
    expect(list.stdout).toMatch(/^ {2}acme +acme +\d{4}-\d\d-\d\dT/m);
    const { orgs } = JSON.parse((await org("list", "--json")).stdout) as { orgs: { org_id: string }[] };
    expect(orgs.map((one) => one.org_id)).toContain("acme");
  });

  test("shows the secrets, and rotates one", async () => {
    const run = async (command: string, ...args: string[]) => {
      const ended = await runCommandToEnd(command, [...args, "--state", stateDir]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      return ended.stdout;
    };
    const signing = /^ {2}receipt-key +(\S+) +signing /m;
    await org("create", "rotated");
    await run("rotate", "receipt-key");
    const [, before = ""] = signing.exec(await run("state")) ?? [];
    const rotated = JSON.parse(await run("rotate", "receipt-key", "--leaked", "--json")) as { version: string };
    const [, after = ""] = signing.exec(await run("state")) ?? [];
    expect(before).not.toBe("");
    expect(after).toBe(rotated.version);
    expect(after).not.toBe(before);
    expect(await run("rotate", "receipt-key", "--replaces", before)).toContain("was replaced already");
    expect(JSON.parse(await run("state", "--json"))).toMatchObject({ pipeline: { work_items: 0 } });
    expect(await run("state")).toMatch(/^Timers: sweep-ledger .+, rotate-secrets .+$/m);
  });

  test("reaches a deployment elsewhere by its URL, with a token from the environment or stdin", async () => {
    const key = readFileSync(join(stateDir, "operator-key"), "utf8");
    const list = ["list", "--json", "--url", `${stack.baseUrl}/`];
    const here = await org("list", "--json");
    const fromEnvironment = await runCommandToEnd("org", list, { env: { HEADRACE_OPERATOR_TOKEN: key } });
    expect(fromEnvironment).toEqual(here);
    const piped = await runCommandToEnd("org", [...list, "--token-stdin"], { input: `${key}\n` });
    expect(piped).toEqual(here);
    const made = await runCommandToEnd("org", ["create", "elsewhere", "--url", stack.baseUrl], {
      env: { HEADRACE_OPERATOR_TOKEN: key },
    });
    expect(made).toMatchObject({ code: 0, stdout: expect.stringContaining("Neither is shown again") });
    expect(keptKeys()).not.toContain(keyIn(made.stdout));
    const wrong = await runCommandToEnd("org", list, { env: { HEADRACE_OPERATOR_TOKEN: "hro_wrong" } });
    expect(wrong).toMatchObject({ code: 1, stdout: "" });
    expect(wrong.stderr).toContain("answers 401 credential_invalid");
    expect(wrong.stderr).toContain("must be this deployment's own");
  });

  test("a service that was killed starts again on the same port", async () => {
    const before = stack.pids();
    await stack.kill("cosmos");
    const down = await org("list");
    expect(down.code).toBe(1);
    await stack.restart("cosmos");
    expect(stack.pids().cosmos).not.toBe(before.cosmos);
    expect(await org("list")).toMatchObject({ code: 0, stdout: expect.stringContaining("acme") });
  });
});

describe("org refuses", () => {
  const url = "http://127.0.0.1:1";
  const cases: [name: string, args: string[], message: string][] = [
    ["nothing to do", [], "Say `create NAME`, `list`"],
    ["what it cannot do", ["add", "a"], "Say `create NAME`, `list`"],
    ["a name that is missing", ["create"], "Say `create NAME`, `list`"],
    ["a name too many", ["create", "a", "b"], "A name with spaces goes in quotes"],
    ["a name that gives no id", ["create", "x".repeat(65)], "an id has 1 to 64 characters"],
    ["a URL without a token", ["list", "--url", url], "set HEADRACE_OPERATOR_TOKEN"],
    ["nothing on stdin", ["list", "--url", url, "--token-stdin"], "there was nothing on stdin"],
    ["a token for the local one", ["list", "--token-stdin"], "--token-stdin goes with --url"],
    ["two places", ["list", "--url", url, "--state", "x"], "give one of them"],
    ["a URL that is none", ["list", "--url", "example.com"], "--url must be an http or https address"],
    ["to send the token in clear", ["list", "--url", "http://example.com"], "--url must be https"],
  ];
  test.each(cases)("%s", async (_name, args, message) => {
    const result = await runCommandToEnd("org", args);
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain(message);
  });

  test("to work when no Headrace is running", async () => {
    const result = await runCommandToEnd("org", ["list", "--state", makeFolder()]);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain("Headrace is not running");
    expect(result.stderr).toContain("npm start");
  });

  test("an address where nothing answers, and one where something else does", async () => {
    const env = { HEADRACE_OPERATOR_TOKEN: "token" };
    const nothing = await runCommandToEnd("org", ["list", "--url", url], { env });
    expect(nothing).toMatchObject({ code: 1, stdout: "" });
    expect(nothing.stderr).toContain(`${url} does not answer`);
    const pages = await serveStub((_request, response, count) =>
      response.writeHead(count === 1 ? 404 : 200, { "content-type": "text/html" }).end("<h1>Hello</h1>"),
    );
    for (const status of [404, 200]) {
      const other = await runCommandToEnd("org", ["list", "--url", pages.url], { env });
      expect(other).toMatchObject({ code: 1, stdout: "" });
      expect(other.stderr).toContain(`answers ${status}, and not as a Headrace does`);
    }
  });
});
