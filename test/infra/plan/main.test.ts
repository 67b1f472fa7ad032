import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { theOne } from "../support/registrations.ts";
import { readRuns } from "../support/runs.ts";

const run = promisify(execFile);

interface Printed {
  readonly resources: readonly {
    readonly type: string;
    readonly name: string;
    readonly inputs: Record<string, unknown>;
  }[];
  readonly cost: { readonly total: number };
}

function plan(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, ["scripts/with-infra.ts", "infra/plan/main.ts", ...args], {
    maxBuffer: 64 * 1024 * 1024,
  });
}

describe("npm run infra:plan", () => {
  it("--json gives every resource with its inputs, after what --config says, and the cost", async () => {
    const { stdout } = await plan("--stack", "dev", "--json", "--config", "suffix=zz99");
    const { resources, cost } = JSON.parse(stdout) as Printed;
    const registered = readRuns().dev.update.registrations.filter(({ type }) => type.startsWith("azure-native:"));
    const named = ({ type, name }: { readonly type: string; readonly name: string }) => `${type} ${name}`;
    expect(resources.map(named).toSorted()).toEqual(registered.map(named).toSorted());
    expect(theOne(resources, "keyvault:Vault").inputs).toMatchObject({ vaultName: "kv-headrace-dev-zz99" });
    expect(cost.total).toBeGreaterThan(0);
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
