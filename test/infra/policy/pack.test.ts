import { describe, expect, onTestFinished, test } from "vitest";
import { UNKNOWN } from "../../../infra/plan/engine/values.ts";
import { policiesOf } from "../../../infra/policy/policies.ts";
import type { Resource } from "../../../infra/policy/resource.ts";
import { topics } from "../../../infra/policy/rules.ts";
import { startPack } from "../support/policy-pack.ts";
import { readRuns } from "../support/runs.ts";

const { prod } = readRuns();
const recorded = prod.update.registrations.filter(({ type }) => type.startsWith("azure-native:"));

/** What a pack says of a stack, as Pulumi asks: each resource by itself, and then all of them. */
async function judge(resources: readonly Resource[], except: readonly string[] = []): Promise<string[]> {
  const policies = policiesOf(topics);
  const said: string[] = [];
  const report = (message: string) => void said.push(message);
  const common = { getConfig: () => ({ except }) };
  const ofEach = policies.flatMap((policy) => ("validateResource" in policy ? [policy.validateResource] : []));
  const ofAll = policies.flatMap((policy) => ("validateStack" in policy ? [policy.validateStack] : []));
  for (const validate of ofEach)
    for (const { type, name, urn, inputs, protect } of resources)
      await call(validate, { ...common, type, name, urn, props: inputs, opts: { protect } }, report);
  for (const validate of ofAll)
    await call(validate, { ...common, resources: resources.map(({ urn }) => ({ urn })) }, report);
  return said;
}

/** With those of Pulumi's arguments that the policies read. */
async function call(validate: unknown, args: unknown, report: (message: string) => void): Promise<void> {
  await (validate as (args: unknown, report: unknown) => unknown)(args, report);
}

function changed(type: string, inputs: Readonly<Record<string, unknown>>): readonly Resource[] {
  return recorded.map((one) =>
    one.type === `azure-native:${type}` ? { ...one, inputs: { ...one.inputs, ...inputs } } : one,
  );
}

describe("the pack for operators", () => {
  test("has nothing to say of prod", async () => {
    expect(await judge(recorded)).toEqual([]);
  });

  test("names the rule by its ids, the resource, what it is and what is wanted", async () => {
    expect(await judge(changed("cosmosdb:DatabaseAccount", { publicNetworkAccess: "Enabled" }))).toEqual([
      'Azure.Cosmos.PublicAccess, CKV_AZURE_101: cosmosdb:DatabaseAccount account: publicNetworkAccess is "Enabled", and "Disabled" is wanted',
    ]);
  });

  test("sees what is wrong between resources", async () => {
    const said = await judge(recorded.filter(({ type }) => type !== "azure-native:cdn:SecurityPolicy"));
    expect(said).toEqual([
      expect.stringContaining("Azure.FrontDoor.UseWAF: cdn:AFDEndpoint endpoint: it, and a firewall"),
    ]);
  });

  test("leaves out the rules that its configuration names", async () => {
    const opened = changed("cosmosdb:DatabaseAccount", { publicNetworkAccess: "Enabled" });
    expect(await judge(opened, ["CKV_AZURE_101"])).toEqual([]);
  });

  test("waits with what is not known yet", async () => {
    expect(await judge(changed("cosmosdb:DatabaseAccount", { publicNetworkAccess: UNKNOWN }))).toEqual([]);
    const guarded = Object.defineProperty({}, "disableLocalAuth", {
      enumerable: true,
      get: () => {
        throw new Error("unknown");
      },
    });
    expect(await judge(changed("eventhub:Namespace", { tags: guarded }))).not.toContainEqual(
      expect.stringContaining("DisableLocalAuth"),
    );
  });
});

test("Pulumi's own runner starts the pack, and gets what it says of a resource", async () => {
  const pack = await startPack();
  onTestFinished(pack.stop);
  const diagnostics = await pack.analyze("azure-native:storage:StorageAccount", { allowSharedKeyAccess: true });
  expect(diagnostics.filter(({ message }) => message.includes("Azure.Storage.LocalAuth"))).toMatchObject([
    { policyname: "headrace-storage", policypackname: "headrace" },
  ]);
  expect(await pack.analyze("azure-native:network:FlowLog", {})).toEqual([]);
});
