import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Pipeline, startPipeline } from "../../../local/pipeline.ts";
import { until } from "../../support/until.ts";
import { makeFolder, runCommandToEnd } from "./support.ts";

describe("org, on a running pipeline", () => {
  let stateDir: string;
  let pipeline: Pipeline;

  beforeAll(async () => {
    stateDir = mkdtempSync(join(tmpdir(), "headrace-"));
    pipeline = await startPipeline({ stateDir });
  });
  afterAll(async () => {
    await pipeline?.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const org = (...args: string[]) => runCommandToEnd("org.ts", [...args, "--state", stateDir]);
  const keyIn = (text: string): string | undefined => /API key +(\S+)/.exec(text)?.[1];

  test("makes an org with a key, keeps both, and makes a further key only when asked", async () => {
    const first = await org("add", "#en.wikipedia");
    expect(first).toMatchObject({ code: 0, stderr: "" });
    expect(first.stdout).toContain('Org "#en.wikipedia" made');
    expect(first.stdout).toContain("~23en.wikipedia");
    expect(keyIn(first.stdout)).toMatch(/^hr_~23en\.wikipedia_/);

    const again = await org("add", "#en.wikipedia");
    expect(again.stdout).toContain("was there already");
    expect(keyIn(again.stdout)).toBe(keyIn(first.stdout));

    const further = await org("add", "#en.wikipedia", "--new-key");
    expect(further).toMatchObject({ code: 0 });
    expect(keyIn(further.stdout)).toMatch(/^hr_~23en\.wikipedia_/);
    expect(keyIn(further.stdout)).not.toBe(keyIn(first.stdout));
    const kept = JSON.parse(readFileSync(join(stateDir, "orgs.json"), "utf8")) as { orgs: { apiKey: string }[] };
    expect(kept.orgs.map((one) => one.apiKey)).toContain(keyIn(further.stdout));
  });

  test("hands out the invitation of the first admin, and suspends and resumes", async () => {
    const made = await org("add", "with-admin");
    const link = /first admin +(\S+)/.exec(made.stdout)?.[1] ?? "";
    expect(link).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/api\/v1\/auth\/join#hri_with-admin_[\w-]{43}$/);
    const read = async () => {
      const headers = { authorization: `Bearer ${keyIn(made.stdout)}` };
      return (await fetch(`${pipeline.baseUrl}/api/v1/events`, { headers })).status;
    };
    expect(await read()).toBe(200);
    expect(await org("suspend", "with-admin")).toMatchObject({ code: 0, stdout: expect.stringContaining("refused") });
    await until(async () => ((await read()) === 403 ? true : undefined), 30_000);
    expect(await org("resume", "with-admin")).toMatchObject({ code: 0 });
    await until(async () => ((await read()) === 200 ? true : undefined), 30_000);
    const unknown = await org("suspend", "nobody");
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining("there is no org with this id") });
  });

  test("lists id, name and when it was made", async () => {
    await org("add", "acme");
    const list = await org("list");
    expect(list.stdout).toMatch(/^id +name +created\n/);
    expect(list.stdout).toMatch(/^acme +acme +\d{4}-\d\d-\d\dT/m);
  });

  test("a service that was killed starts again on the same port", async () => {
    const before = pipeline.pids();
    await pipeline.kill("cosmos");
    const down = await org("list");
    expect(down.code).toBe(1);
    await pipeline.restart("cosmos");
    expect(pipeline.pids().cosmos).not.toBe(before.cosmos);
    expect(await org("list")).toMatchObject({ code: 0, stdout: expect.stringContaining("acme") });
  });
});

describe("org refuses", () => {
  const cases: [name: string, args: string[], message: string][] = [
    ["nothing to do", [], "Say `add NAME`, `list`"],
    ["a name that is missing", ["add"], "Say `add NAME`, `list`"],
    ["a name too many", ["add", "a", "b"], "Say `add NAME`, `list`"],
    ["a name that gives no id", ["add", "x".repeat(65)], "an id has 1 to 64 characters"],
  ];
  test.each(cases)("%s", async (_name, args, message) => {
    const result = await runCommandToEnd("org.ts", args);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(message);
  });

  test("to work on nothing", async () => {
    const result = await runCommandToEnd("org.ts", ["list", "--state", makeFolder()]);
    expect(result).toMatchObject({ code: 1 });
    expect(result.stderr).toContain("Headrace is not running");
    expect(result.stderr).toContain("npm start");
  });
});
