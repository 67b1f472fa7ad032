import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { readRuns } from "../support/runs.ts";

const run = promisify(execFile);

function plan(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, ["scripts/with-infra.ts", "infra/plan/main.ts", ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
}

describe("npm run infra:plan", () => {
  it("--json gives every resource with its inputs", async () => {
    const { stdout } = await plan("--stack", "dev", "--json");
    const { resources } = JSON.parse(stdout) as {
      resources: readonly { type: string; name: string; inputs: unknown }[];
    };
    const registered = readRuns().dev.update.registrations.filter(({ type }) => type.startsWith("azure-native:"));
    expect(resources).toHaveLength(registered.length);
    expect(resources).toEqual(
      expect.arrayContaining(registered.map(({ type, name, inputs }) => ({ type, name, inputs }))),
    );
  });

  it("prints resources and a diagram, with what --config says", async () => {
    const { stdout } = await plan("--config", "suffix=zz99");
    expect(stdout).toMatch(/^prod: \d+ resources/);
    expect(stdout).toContain("flowchart LR");
    expect(stdout).toMatch(/keyvault:Vault +kv-headrace-prod-zz99/);
  });

  it("of a configuration that the program refuses ends with its word and its exit code", async () => {
    await expect(plan("--config", "network.appSubnet=10.0.0.0/30")).rejects.toMatchObject({
      code: 32,
      stderr: expect.stringContaining("headrace:network.appSubnet"),
    });
  });

  it("with a wrong argument ends with 2 and says how to call it", async () => {
    await expect(plan("--stakc", "dev")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining("usage: npm run infra:plan"),
    });
  });
});
