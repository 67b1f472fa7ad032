import { type RequestRecord, watchRequests } from "@headrace/emulators/cosmos/gate.ts";
import { beforeEach, expect, it } from "vitest";
import { createCosmosRegistryStore } from "../../../../shared/schema/registry/cosmos-registry-store.ts";
import { createOrgSchemasReader } from "../../../../shared/schema/registry/read-org-schemas.ts";
import type { OrgSchemasDocument } from "../../../../shared/schema/registry/registry-documents.ts";
import { type CosmosAccount, startCosmosAccount } from "../../../support/cosmos-account.ts";

const SECOND = 1_000;
const AWAY = { status: 503, headers: {}, body: "{}" };
const schema = { type: "object" };
const stored: OrgSchemasDocument = {
  ...{ id: "schemas", kind: "org_schemas", org_id: "acme", strict: true, told: true },
  types: [
    {
      event_type: "__proto__",
      mode: "enforce",
      versions: [
        { version: 1, status: "retired" },
        { version: 2, status: "active", schema },
      ],
    },
  ],
};

let account: CosmosAccount;
let requests: RequestRecord[];
let isAway: boolean;
let hasSchemas: boolean | Error;
const clock = { now: Date.now() };

beforeEach(async () => {
  [requests, isAway, hasSchemas] = [[], false, true];
  const gate = watchRequests((record) => requests.push(record), {
    enter: async ({ route }) => (isAway && route.container === "registry" ? AWAY : undefined),
  });
  account = await startCosmosAccount({ gate });
});

function startInstance() {
  const registry = account.cosmos.containers.registry;
  const reader = createOrgSchemasReader(
    {
      store: createCosmosRegistryStore(registry),
      hasSchemas: async () => {
        if (hasSchemas instanceof Error) throw hasSchemas;
        return hasSchemas;
      },
    },
    { refreshMs: 10 * SECOND, graceMs: 3_600 * SECOND, now: () => clock.now },
  );
  return { read: (since?: number) => reader.read("acme", since), registry };
}

const ofRegistry = () => requests.filter(({ container }) => container === "registry").length;
const unavailable = { code: "schemas_unavailable", retryAfter: 5 };

it("an org that has no schemas costs the registry no request", async () => {
  hasSchemas = false;
  const { read } = startInstance();
  requests = [];
  expect(await read()).toBeUndefined();
  expect(ofRegistry()).toBe(0);
});

it("schemas are read once, given by their types and versions, and read again when they are due", async () => {
  const { read, registry } = startInstance();
  await registry.items.create(stored);
  const first = await read();
  expect(first?.strict).toBe(true);
  expect(first?.types.get("__proto__")?.versions.get(2)).toEqual({ status: "active", schema });
  expect(first?.types.get("__proto__")?.versions.get(1)).toEqual({ status: "retired", schema: {} });
  requests = [];
  expect(await read()).toBe(first);
  expect(ofRegistry()).toBe(0);
  clock.now += 26 * SECOND;
  expect(await read()).toBe(first);
  expect(ofRegistry()).toBe(2);
  const { resource } = await registry.item("schemas", "acme").read();
  await registry.item("schemas", "acme").replace({ ...resource, strict: false });
  clock.now += 26 * SECOND;
  const changed = await read();
  expect(changed?.strict).toBe(false);
  expect(changed?.generation).not.toBe(first?.generation);
});

it("who asks for what is registered by now gets that, and not what was known a second ago; or nothing", async () => {
  const { read, registry } = startInstance();
  await registry.items.create(stored);
  const first = await read();
  const { resource } = await registry.item("schemas", "acme").read();
  await registry.item("schemas", "acme").replace({ ...resource, strict: false });
  clock.now += SECOND;
  expect(await read()).toBe(first);
  requests = [];
  const [changed, same] = await Promise.all([read(clock.now), read(clock.now)]);
  expect([changed?.strict, same]).toEqual([false, changed]);
  expect(ofRegistry()).toBe(2);
  expect(await read(clock.now)).toBe(changed);
  expect(ofRegistry()).toBe(2);
  isAway = true;
  clock.now += SECOND;
  await expect(read(clock.now)).rejects.toMatchObject(unavailable);
  expect(await read()).toBe(changed);
});

it("while the store is away, what was known is good for as long as a state is, and nothing else is", async () => {
  const { read, registry } = startInstance();
  await registry.items.create(stored);
  const first = await read();
  isAway = true;
  clock.now += 60 * SECOND;
  expect(await read()).toBe(first);
  await expect(startInstance().read()).rejects.toMatchObject(unavailable);
  clock.now += 3_600 * SECOND;
  await expect(read()).rejects.toMatchObject(unavailable);
  isAway = false;
  hasSchemas = new Error("away");
  await expect(read()).rejects.toMatchObject(unavailable);
});

it.each<[string, object | undefined]>([
  ["newer", { ...stored, v: 2 }],
  ["spoiled", { ...stored, types: {} }],
  ["gone", undefined],
])("schemas that are %s are unavailable, also to whoever knew them before", async (_, document) => {
  const { read, registry } = startInstance();
  await registry.items.create(stored);
  await read();
  if (document) await registry.item("schemas", "acme").replace(document as never);
  else await registry.item("schemas", "acme").delete();
  clock.now += 26 * SECOND;
  await expect(read()).rejects.toMatchObject(unavailable);
});
