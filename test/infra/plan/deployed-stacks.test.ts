import { describe, expect, it } from "vitest";
import { fixedPaths } from "../../../infra/plan/engine/fixed.ts";
import { type Run, runProgram } from "../../../infra/plan/run-program.ts";
import { at } from "../support/registrations.ts";
import { readRuns } from "../support/runs.ts";

const { dev, prod } = readRuns();

/** By URN what must stay for a deployed stack to be updated in place. */
function fixedOfProtected({ registrations }: Run): Record<string, Record<string, unknown>> {
  const kept = registrations.filter(({ protect }) => protect).toSorted((a, b) => a.urn.localeCompare(b.urn));
  return Object.fromEntries(
    kept.map((registration) => [
      registration.urn,
      Object.fromEntries(
        fixedPaths(registration.type)
          .map((path) => [path, at(registration, path)] as const)
          .filter(([, value]) => value !== undefined),
      ),
    ]),
  );
}

describe("a stack that is deployed", () => {
  // If this fails, `pulumi up` of an existing stack would refuse the change, or Azure would. While there is no such
  // stack, `npx vitest run --project infra -u test/infra/plan/deployed-stacks.test.ts` takes the new state as right.
  it("keeps what is protected: name, place and all that is fixed once it is made", async () => {
    const fixed = { dev: fixedOfProtected(dev.update), prod: fixedOfProtected(prod.update) };
    expect(Object.keys(fixed.prod).length).toBeGreaterThan(10);
    await expect(`${JSON.stringify(fixed, null, 2)}\n`).toMatchFileSnapshot("protected.snap");
  });

  it("and is updated by the same program changes nothing", async () => {
    const second = await runProgram({ stack: "prod", preview: false, state: prod.update.state });
    expect(second.exitCode).toBe(0);
    expect(second.changes.filter(({ operation }) => operation !== "same")).toEqual([]);
    expect(second.changes).toHaveLength(prod.update.changes.length);
  });

  it("and would get other names is refused before anything changes", async () => {
    const { state } = dev.update;
    const second = await runProgram({ stack: "dev", preview: true, state, config: { "headrace:suffix": "zz99" } });
    expect(second.exitCode).not.toBe(0);
    const errors = second.logs.filter(({ severity }) => severity === "error").map(({ message }) => message);
    expect(errors.join("\n")).toMatch(/unable to replace resource .*(Vault|DatabaseAccount|StorageAccount|Namespace)/);
  });
});
