import { rm } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../infra/plan/engine/values.ts";
import { type Run, runProgram } from "../../../infra/plan/run-program.ts";
import { copyProgram } from "../support/copy-program.ts";
import { type Listener, startListener } from "../support/start-listener.ts";

const ACCOUNT = "azure-native:storage:StorageAccount";
const accountId =
  "/subscriptions/00000000-0000-4000-8000-00000000000a/resourceGroups/rg-small" +
  "/providers/Microsoft.Storage/storageAccounts/smallaccount";

let folder: string;
let listener: Listener;
let first: Run;

beforeAll(async () => {
  folder = await copyProgram("small");
  listener = await startListener();
  first = await run({});
});

afterAll(async () => {
  listener.close();
  await rm(folder, { recursive: true });
});

function run(config: Record<string, string>, options: { preview?: boolean; after?: Run } = {}): Promise<Run> {
  return runProgram({
    stack: "dev",
    config,
    preview: options.preview ?? false,
    folder,
    arm: { url: listener.url },
    ...(options.after ? { state: options.after.state } : {}),
  });
}

function registered({ registrations }: Run, type: string) {
  const found = registrations.find((registration) => registration.type === type);
  if (found === undefined) throw new Error(`nothing of ${type} was registered`);
  return found;
}

/** What happened to anything that did not stay the same. */
function happened({ changes }: Run): string[] {
  return changes.flatMap(({ operation, name }) => (operation === "same" ? [] : [`${operation} ${name}`]));
}

describe("an update", () => {
  it("records what was registered: inputs, parent, protection, hooks, in order", () => {
    const { inputs, parent, protect, hooks, custom } = registered(first, ACCOUNT);
    expect(inputs).toMatchObject({
      accountName: "smallaccount",
      resourceGroupName: "rg-small",
      sku: { name: "Standard_ZRS" },
    });
    expect({ parent, protect, custom }).toEqual({
      parent: "urn:pulumi:dev::small::small:data:Data::data",
      protect: true,
      custom: true,
    });
    expect(hooks).toEqual({ beforeCreate: ["tell"], afterCreate: ["tell"], afterUpdate: ["tell"] });
    const types = first.registrations.map(({ type }) => type);
    expect(types.indexOf("azure-native:resources:ResourceGroup")).toBeLessThan(types.indexOf(ACCOUNT));
    expect(types[0]).toBe("pulumi:pulumi:Stack");
  });

  it("knows what depends on what, by property and by dependsOn", () => {
    const { dependencies, propertyDependencies } = registered(first, "azure-native:storage:Queue");
    expect(dependencies).toContain(registered(first, "azure-native:network:VirtualNetwork").urn);
    expect(propertyDependencies.accountName).toEqual([registered(first, ACCOUNT).urn]);
  });

  it("gives outputs as Azure would", () => {
    expect(first.outputs).toEqual({
      blob: "https://smallaccount.blob.core.windows.net/",
      subnet: expect.stringMatching(/virtualNetworks\/vnet-small\/subnets\/app$/),
      tenantId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      mark: "first",
    });
    expect(registered(first, "azure-native:authorization:RoleAssignment").inputs.scope).toBe(accountId);
  });

  it("reads the stack's files: objects, booleans, and what is encrypted", () => {
    const { inputs, secrets } = registered(first, "azure-native:storage:Queue");
    expect(inputs.metadata).toEqual({ by: "(encrypted)" });
    expect(secrets).toEqual(["metadata.by"]);
    expect(registered(first, "azure-native:resources:ResourceGroup").inputs.tags).toEqual({
      team: "events",
      on: "true",
    });
  });

  it("runs hooks in the program's process, where they have the provider's token", () => {
    expect(first.hookRuns.map(({ event }) => event)).toEqual(["beforeCreate", "afterCreate"]);
    const [before, after] = listener.posted;
    expect(before).toMatchObject({ id: "", newInputs: { accountName: "smallaccount" } });
    expect(after).toMatchObject({ id: accountId, newOutputs: { name: "smallaccount" }, token: "token-of-the-plan" });
  });

  it("hands on what the program logs", () => {
    expect(first.logs).toEqual([expect.objectContaining({ severity: "warning", message: "this is small" })]);
    expect(first.exitCode).toBe(0);
  });
});

describe("a preview", () => {
  it("knows no outputs and runs no hooks", async () => {
    const preview = await run({}, { preview: true });
    expect(preview.exitCode).toBe(0);
    expect(preview.outputs).toMatchObject({ blob: UNKNOWN, subnet: UNKNOWN });
    expect(registered(preview, ACCOUNT).inputs).toMatchObject({
      accountName: "smallaccount",
      resourceGroupName: UNKNOWN,
    });
    expect(preview.hookRuns).toEqual([]);
    expect(preview.state).toEqual({});
  });

  it("after an update of the same program finds nothing to change", async () => {
    const preview = await run({}, { preview: true, after: first });
    expect(happened(preview)).toEqual([]);
    expect(preview.outputs).toEqual(first.outputs);
  });
});

describe("a second update", () => {
  it("of the same program changes nothing and runs no hooks", async () => {
    const second = await run({}, { after: first });
    expect(happened(second)).toEqual([]);
    expect(second.hookRuns).toEqual([]);
  });

  it("changes in place what may change, with its hook", async () => {
    const second = await run({ "small:public": "true" }, { after: first });
    expect(second.changes.filter(({ operation }) => operation !== "same")).toEqual([
      expect.objectContaining({
        operation: "update",
        name: "account",
        changed: ["allowBlobPublicAccess"],
        replacing: [],
      }),
    ]);
    expect(second.hookRuns).toEqual([expect.objectContaining({ event: "afterUpdate", hook: "tell" })]);
  });

  it("refuses to replace what is protected", async () => {
    const second = await run({ "small:accountName": "otheraccount" }, { after: first });
    expect(second.exitCode).not.toBe(0);
    expect(second.logs).toContainEqual(
      expect.objectContaining({ severity: "error", message: expect.stringContaining("marked for protection") }),
    );
    expect(second.changes).toContainEqual(
      expect.objectContaining({ operation: "replace", replacing: ["accountName"], protect: true }),
    );
  });

  it("deletes what the program no longer has", async () => {
    const second = await run({ "small:noQueue": "true" }, { after: first });
    expect(happened(second)).toEqual(["delete queue"]);
    expect(Object.keys(second.state)).toHaveLength(Object.keys(first.state).length - 1);
  });

  it("refuses to delete what is protected, though the program itself ends well", async () => {
    const second = await run({ "small:onlyGroup": "true" }, { after: first });
    expect(second.exitCode).toBe(1);
    expect(second.logs).toContainEqual(
      expect.objectContaining({
        severity: "error",
        message: expect.stringContaining("cannot be deleted because it is protected"),
      }),
    );
    expect(Object.keys(second.state)).toContain(registered(first, ACCOUNT).urn);
  });
});

describe("a failure", () => {
  it("of the program is its exit code, and is logged", async () => {
    const failed = await run({ "small:throw": "true" }, { preview: true });
    expect(failed.exitCode).toBe(32);
    expect(failed.logs).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining("the program threw") }),
    );
    expect(failed.registrations).toHaveLength(1);
  });

  it("of a hook before the fact fails the update and leaves the resource undone, so the next one runs it again", async () => {
    listener.answerWith(500);
    const failed = await run({});
    listener.answerWith(200);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.hookRuns).toEqual([
      expect.objectContaining({ event: "beforeCreate", error: "the hook was answered with 500" }),
    ]);
    expect(Object.keys(failed.state)).not.toContain(registered(first, ACCOUNT).urn);
    const next = await run({}, { after: failed });
    expect(next.exitCode).toBe(0);
    expect(next.hookRuns.map(({ event }) => event)).toEqual(["beforeCreate", "afterCreate"]);
  });

  it("of a hook after the fact fails the update and keeps what was made, so the next one does not run it again", async () => {
    listener.answerWith(500);
    const failed = await run({ "small:public": "true" }, { after: first });
    listener.answerWith(200);
    expect(failed.exitCode).not.toBe(0);
    expect(failed.hookRuns).toEqual([expect.objectContaining({ error: "the hook was answered with 500" })]);
    const next = await run({ "small:public": "true" }, { after: failed });
    expect(happened(next)).toEqual([]);
    expect(next.hookRuns).toEqual([]);
  });
});
