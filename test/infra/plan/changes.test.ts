import { describe, expect, it } from "vitest";
import { changeOf, refusalOf } from "../../../infra/plan/engine/changes.ts";
import type { Registration } from "../../../infra/plan/engine/registration.ts";
import { registrationOf } from "../support/registration.ts";

const hub = {
  eventHubName: "events",
  namespaceName: "evhns",
  resourceGroupName: "rg",
  partitionCount: 8,
  retentionDescription: { retentionTimeInHours: 24 },
};

function change(after: Record<string, unknown>, more: Partial<Registration> = {}) {
  const before = registrationOf("azure-native:eventhub:EventHub", hub, more);
  const registration = registrationOf("azure-native:eventhub:EventHub", { ...hub, ...after }, more);
  return changeOf(registration, { registration: before, id: "", outputs: {} });
}

describe("what a change comes to", () => {
  it.each<[string, Record<string, unknown>, string, string[]]>([
    ["nothing", {}, "same", []],
    [
      "a property",
      { retentionDescription: { retentionTimeInHours: 48 } },
      "update",
      ["retentionDescription.retentionTimeInHours"],
    ],
    ["a property more", { status: "Active" }, "update", ["status"]],
    ["a property less", { partitionCount: undefined }, "update", ["partitionCount"]],
    ["its name", { eventHubName: "other" }, "replace", ["eventHubName"]],
    ["its parent", { namespaceName: "other" }, "replace", ["namespaceName"]],
  ])("%s", (_, after, operation, changed) => {
    expect(change(after)).toMatchObject({ operation, changed });
  });

  it("a new resource is created", () => {
    expect(changeOf(registrationOf("azure-native:eventhub:EventHub", hub), undefined)).toMatchObject({
      operation: "create",
    });
  });

  it("what is to be ignored is no change", () => {
    expect(change({ partitionCount: 9 }, { ignoreChanges: ["partitionCount"] })).toMatchObject({ operation: "same" });
  });

  it("what the program wants a replacement for is one", () => {
    expect(change({ partitionCount: 9 }, { replaceOnChanges: ["partitionCount"] })).toMatchObject({
      operation: "replace",
    });
  });
});

describe("a refusal", () => {
  it("comes from Pulumi where a protected resource would be replaced, in a preview too", () => {
    const replaced = change({ eventHubName: "other" }, { protect: true });
    expect(refusalOf(replaced, true)).toContain("currently marked for protection");
    expect(refusalOf(change({ eventHubName: "other" }), true)).toBeUndefined();
  });

  it("comes from Azure for what is fixed once it is made, and a preview does not know it", () => {
    const partitions = change({ partitionCount: 16 });
    expect(partitions).toMatchObject({ operation: "update", refused: ["partitionCount"] });
    expect(refusalOf(partitions, true)).toBeUndefined();
    expect(refusalOf(partitions, false)).toContain("Azure refuses to change partitionCount");
  });
});
