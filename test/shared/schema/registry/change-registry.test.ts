import fc from "fast-check";
import { beforeEach, expect, it } from "vitest";
import { AppError } from "../../../../shared/errors.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";
import { changeStatus } from "../../../../shared/schema/registry/change-status.ts";
import { changeSettings, changeType } from "../../../../shared/schema/registry/change-type.ts";
import { createCosmosRegistryStore } from "../../../../shared/schema/registry/cosmos-registry-store.ts";
import { type RegisterDeps, registerVersion } from "../../../../shared/schema/registry/register-version.ts";
import { registerBody } from "../../../../shared/schema/registry/registry-bodies.ts";
import type { RegistryStore } from "../../../../shared/schema/registry/registry-store.ts";
import { createHashKeys } from "../../../../shared/secrets/hash-keys.ts";
import { type CosmosAccount, startCosmosAccount } from "../../../support/cosmos-account.ts";
import { createMemorySecretVault } from "../../../support/memory-secret-vault.ts";

const actor = { subject: "member:x", clientAddress: "192.0.2.1", requestId: "r" };
const away = () => new AppError("store_unavailable", "away");

let account: CosmosAccount;
let orgs = 0;
beforeEach(async () => {
  account = await startCosmosAccount();
});

/** What is done: at a type, with the next version or one that may be there. */
interface Act {
  readonly what: "register" | "status" | "mode" | "promote" | "strict" | "end";
  readonly type: string;
  readonly version: number;
  readonly status: "active" | "deprecated" | "retired";
  readonly on: boolean;
}

const act: fc.Arbitrary<Act> = fc.record({
  what: fc.constantFrom<Act["what"][]>("register", "register", "status", "mode", "promote", "strict", "end"),
  type: fc.constantFrom("a", "b/c"),
  version: fc.integer({ min: 1, max: 3 }),
  status: fc.constantFrom<Act["status"][]>("active", "deprecated", "retired"),
  on: fc.boolean(),
});

/** Each fault is of one call: before it is done, or its answer is lost. Calls after them fare well. */
function makeFaulty(store: RegistryStore, faults: readonly ("before" | "after" | "none")[], told: Map<string, string>) {
  const vault = createMemorySecretVault(Date.now);
  const hashKeys = createHashKeys(vault);
  let [call, isOver] = [0, false];
  const faulty = async <T>(work: () => Promise<T>): Promise<T> => {
    const fault = isOver ? "none" : (faults[call++] ?? "none");
    if (fault === "before") throw away();
    const done = await work();
    if (fault === "after") throw away();
    return done;
  };
  const deps: RegisterDeps = {
    store: {
      ...store,
      commit: (...args) => faulty(() => store.commit(...args)),
      deleteLine: (...args) => faulty(() => store.deleteLine(...args)),
    },
    compile: compileSchema,
    hashKeys: {
      make: (...made) => faulty(() => hashKeys.make(...made)),
      end: (name) => faulty(() => hashKeys.end(name)),
    },
    marks: { isMarked: async () => false, mark: () => faulty(async () => undefined) },
    tell: (_, line) => faulty(async () => void told.set(line.auditId, line.action)),
    now: Date.now,
  };
  const end = (): void => {
    isOver = true;
  };
  return { deps, end, vault };
}

async function run(deps: RegisterDeps, orgId: string, { what, type: event_type, version, status, on }: Act) {
  const schema = {
    ...{ type: "object", maxProperties: 100 + version },
    ...(event_type === "a" ? { properties: { mail: { "x-pii": "hash" } } } : undefined),
  };
  if (what === "register")
    return registerVersion(deps, actor, orgId, registerBody.parse({ event_type, version, schema }));
  if (what === "status") return changeStatus(deps, actor, orgId, { event_type, version, status });
  if (what === "mode") return changeType(deps, actor, orgId, { event_type, mode: on ? "enforce" : "off" });
  if (what === "promote")
    return changeType(deps, actor, orgId, { event_type, promote: on ? ["/a", `/${version}`] : ["/b"] });
  if (what === "end") return changeSettings(deps, actor, orgId, { end_hash_key: { number: version, reason: "test" } });
  return changeSettings(deps, actor, orgId, { strict: on });
}

/** As a caller does: again after a 503, until it is said whether it is done. */
async function insist(deps: RegisterDeps, orgId: string, wanted: Act): Promise<void> {
  for (let tries = 0; tries < 40; tries++) {
    const error = await run(deps, orgId, wanted).then(
      () => undefined,
      (failed: unknown) => failed,
    );
    if (error !== undefined && !(error instanceof AppError)) throw error;
    if (error?.code !== "store_unavailable" && error?.code !== "secrets_unavailable") return;
  }
  throw new Error("never done");
}

it("a change that the trail does not know yet is a 503 that says so, and the next change tells it once", async () => {
  const store = createCosmosRegistryStore(account.cosmos.containers.registry);
  const [orgId, told] = [`org-${orgs++}`, new Map<string, string>()];
  const { deps } = makeFaulty(store, [], told);
  const deaf = { ...deps, tell: () => Promise.reject(away()) };
  const first: Act = { what: "register", type: "a", version: 1, status: "active", on: true };
  await expect(run(deaf, orgId, first)).rejects.toThrow("the audit trail does not know it yet");
  expect([(await store.listTypes(orgId)).length, told.size]).toEqual([1, 0]);
  await run(deps, orgId, { ...first, what: "strict" });
  expect([...told.values()].sort()).toEqual(["schema.registered", "schema_settings.changed"]);
});

it("a key that has ended and is still in the vault is a 503 that says so, and the next change deletes it", async () => {
  const store = createCosmosRegistryStore(account.cosmos.containers.registry);
  const { deps, vault } = makeFaulty(store, [], new Map());
  const orgId = `org-${orgs++}`;
  const first: Act = { what: "register", type: "a", version: 1, status: "active", on: true };
  await run(deps, orgId, first);
  const keyOf = async () => {
    const found = await store.readSchemas(orgId);
    return found === "unchanged" ? undefined : found?.value.hash_key;
  };
  const before = await keyOf();
  const hashKeys = { ...deps.hashKeys, end: () => Promise.reject(away()) };
  const end: Act = { ...first, what: "end" };
  await expect(run({ ...deps, hashKeys }, orgId, end)).rejects.toThrow("a key that has ended is still in the vault");
  expect((await keyOf())?.number).toBe(2);
  expect(await vault.listVersions(before?.secret ?? "")).toHaveLength(1);
  // Saying it again ends no other one.
  await run(deps, orgId, end);
  expect((await keyOf())?.number).toBe(2);
  expect(await vault.listVersions(before?.secret ?? "")).toEqual([]);
});

it("whatever fails on the way and is said again at once: ingest's document is what the others say, each change told once", async () => {
  const store = createCosmosRegistryStore(account.cosmos.containers.registry);
  const fault = fc.constantFrom("before", "after", "none", "none", "none");
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
      fc.array(fault, { maxLength: 40 }),
      async (callers, faults) => {
        const [orgId, told] = [`org-${orgs++}`, new Map<string, string>()];
        const { deps, end, vault } = makeFaulty(store, faults, told);
        await Promise.all(
          callers.map(async (acts) => {
            for (const one of acts) await insist(deps, orgId, one);
          }),
        );
        end();
        await run(deps, orgId, { what: "register", type: "last", version: 1, status: "active", on: true });
        const types = await store.listTypes(orgId);
        const found = await store.readSchemas(orgId);
        const schemas = found === "unchanged" ? undefined : found?.value;
        const derived = await Promise.all(
          types.map(async ({ event_type, mode, promoted, versions }) => ({
            event_type,
            mode,
            ...(promoted && { promoted: promoted.map(({ path, column }) => ({ path, column })) }),
            versions: await Promise.all(
              versions.map(async ({ version, status }) => {
                const judges = status === "active" || status === "deprecated";
                const { schema } = (await store.readVersion(orgId, event_type, version)) ?? {};
                return {
                  ...{ version, status },
                  ...(judges && { schema, ...(event_type === "a" && { has_rules: true }) }),
                };
              }),
            ),
          })),
        );
        const byName = (a: { event_type: string }, b: { event_type: string }) => (a.event_type < b.event_type ? -1 : 1);
        expect([...(schemas?.types ?? [])].sort(byName)).toEqual(derived.sort(byName));
        expect(await store.listLines(orgId)).toEqual([]);
        // The key that is said to hash is there, and none that has ended is.
        const { hash_key } = schemas ?? {};
        const hasRules = derived.some(({ versions }) => versions.some((one) => one.has_rules));
        if (hasRules || hash_key) await createHashKeys(vault).read(hash_key ?? { number: 1, secret: "", version: "" });
        expect(schemas).not.toHaveProperty("ended_hash_keys");
        for (let number = 1; number < (hash_key?.number ?? 0); number++)
          expect(await vault.listVersions(hash_key?.secret.replace(/\d+$/, String(number)) ?? "")).toEqual([]);
        const registered = [...told.values()].filter((action) => action === "schema.registered");
        expect(registered).toHaveLength(types.reduce((sum, { versions }) => sum + versions.length, 0));
      },
    ),
    { numRuns: 12 },
  );
});
