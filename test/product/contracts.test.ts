import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { contractSchema } from "../../cli/contracts/contract-files.ts";
import { pushContracts } from "../../cli/contracts/push.ts";
import { createRegistryClient } from "../../cli/contracts/registry-client.ts";
import { type Finished, makeFolder, runCommandToEnd } from "../cli/support.ts";
import { makeEmptyOrg } from "../support/people.ts";
import { identity, product, request } from "../support/product.ts";

const schema = {
  ...{ type: "object", properties: { total: { type: "number" } }, required: ["total"] },
  additionalProperties: false,
};
const wider = { ...schema, properties: { ...schema.properties, note: { type: "string" } } };
const one = { version: 1, status: "active", description: "the first", schema, examples: [{ total: 1 }] };
const contract = {
  ...{ event_type: "order/paid", owner: "checkout", description: "an order is paid" },
  ...{ mode: "enforce", compatibility: "backward", versions: [one] },
};
const second = (of: object, more: object = {}) => ({ ...one, version: 2, schema: of, ...more });

type Run = (verb: string, ...args: string[]) => Promise<Finished>;

async function prepare(): Promise<{
  folder: string;
  key: string;
  run: Run;
  write: (versions: object[], more?: object) => void;
}> {
  const orgId = await makeEmptyOrg();
  const scopes = ["schemas:read", "schemas:write", "schemas:manage", "events:read", "events:write"] as const;
  const { key } = await identity.makeApiKey(orgId, scopes);
  const folder = makeFolder();
  const run: Run = (verb, ...args) =>
    runCommandToEnd("contracts", [verb, "--dir", folder, "--url", product.baseUrl, "--key", key, ...args]);
  const write = (versions: object[], more: object = {}): void =>
    writeFileSync(join(folder, "order%2Fpaid.contract.json"), JSON.stringify({ ...contract, ...more, versions }));
  return { folder, key, run, write };
}

describe("contracts", () => {
  test("are checked without a trace, pushed, pushed again, and pulled as they were", async () => {
    const { folder, run, write } = await prepare();
    write([one]);
    const would = { code: 0, stdout: "order/paid 1: would be registered\n", stderr: "" };
    expect(await run("check")).toEqual(would);
    expect(await run("check")).toEqual(would);
    expect(await run("push")).toEqual({ ...would, stdout: "order/paid 1: registered\n" });
    expect(await run("push")).toEqual({ ...would, stdout: "order/paid 1: as it is in the registry\n" });
    write([]);
    expect(await run("pull")).toMatchObject({ code: 0, stdout: `${folder}/order%2Fpaid.contract.json\n` });
    expect(readdirSync(folder)).toHaveLength(1);
    expect(JSON.parse(readFileSync(join(folder, "order%2Fpaid.contract.json"), "utf8"))).toEqual(contract);
  });

  test("a version that breaks the rule is refused with each difference, and the one before it may be retired", async () => {
    const { folder, run, write } = await prepare();
    write([one]);
    await run("push");
    write([one, second({ ...wider, required: ["total", "note"] }, { examples: [] })]);
    const refused = await run("check");
    expect(refused).toMatchObject({ code: 1, stderr: "" });
    expect(refused.stdout).toContain("order/paid 2: refused, schema_incompatible:");
    expect(refused.stdout).toContain("required_added at /required/1 (backward, version 1): the newer schema requires");
    write([{ ...one, status: "deprecated" }, second(wider)], { owner: "payments", promote: ["/total"] });
    const lines = (be: string, registered: string) => [
      `order/paid: owner ${be} "payments" (was "checkout")`,
      `order/paid: promote ${be} ["/total"] (was [])`,
      `order/paid 2: ${registered}`,
      `order/paid 1: ${be} deprecated (was active)`,
      "",
    ];
    expect(await run("check")).toMatchObject({ code: 0, stdout: lines("would be", "would be registered").join("\n") });
    expect(await run("push")).toMatchObject({ code: 0, stdout: lines("is", "registered").join("\n") });
    await run("pull");
    const pulled: unknown = JSON.parse(readFileSync(join(folder, "order%2Fpaid.contract.json"), "utf8"));
    expect(pulled).toMatchObject({ owner: "payments", promote: ["/total"] });
  });

  test("a rule that the same change tightens judges already, and one that it loosens needs a word", async () => {
    const { key } = await prepare();
    const registry = createRegistryClient({ baseUrl: product.baseUrl, maxWaitMs: 30_000 }, key);
    const push = async (dry: boolean, versions: object[], more: object = {}) => {
      const { lines, ok } = await pushContracts(
        [contractSchema.parse({ ...contract, ...more, versions })],
        registry,
        dry,
      );
      return { ok, text: lines.join("\n") };
    };
    await push(false, [one]);
    const tightened = await push(true, [one, second(wider)], { compatibility: "full" });
    expect(tightened.ok).toBe(false);
    expect(tightened.text).toContain("(forward, version 1)");
    const broken = [one, second({ ...wider, required: ["note"] }, { examples: [] })];
    for (const dry of [true, false]) {
      const refused = { ok: false, text: expect.stringContaining('Say why in the file, as "loosened_because".') };
      expect(await push(dry, broken, { compatibility: "none" })).toEqual(refused);
    }
    const said = { compatibility: "none", loosened_because: "nobody reads it yet" };
    const checked = await push(true, broken, said);
    expect(checked.text).toContain('would be "none" (was "backward"), and versions are held against it');
    expect(checked).toEqual({ ok: true, text: expect.stringContaining("2: would be registered") });
    expect(await push(false, broken, said)).toEqual({ ok: true, text: expect.stringContaining("2: registered") });
  });

  test("a file that is no contract is refused with its place", async () => {
    const { run, write } = await prepare();
    write([{ ...one, version: 2 }]);
    const refused = await run("check");
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain("order%2Fpaid.contract.json: versions: expected versions 1, 2, 3 … in order");
  });

  test("are drafted from stored events, for types that have none", async () => {
    const { folder, key, run } = await prepare();
    const properties = (index: number) => ({ kind: index % 2 ? "new" : "old", sum: index / 4 });
    const events = Array.from({ length: 30 }, (_, index) => ({
      ...{ event_id: `cart${index}`, event_type: "cart", properties: properties(index) },
    }));
    const { status } = await request("/api/v1/events", {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      body: JSON.stringify({ events }),
    });
    expect(status).toBe(202);
    const drafted = async (): Promise<string> => {
      const { stdout } = await run("infer", "--draft");
      return stdout;
    };
    await expect.poll(drafted, { timeout: 30_000 }).toContain("cart: 30 events");
    const file = join(folder, "cart.contract.json");
    expect(JSON.parse(readFileSync(file, "utf8"))).toMatchObject({
      event_type: "cart",
      versions: [{ version: 1, status: "draft" }],
    });
  });
});
