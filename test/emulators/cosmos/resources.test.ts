import { CosmosClient, type PartitionKeyKind } from "@azure/cosmos";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RequestRecord, watchRequests } from "../../../local/emulators/cosmos/gate.ts";
import { hierarchical, refusal, startWorld, type World } from "./support.ts";

let world: World;
const records: RequestRecord[] = [];

beforeAll(async () => {
  world = await startWorld({ gate: watchRequests((record) => records.push(record)) });
});
afterAll(() => world.close());

test("the account is read, and says where it is", async () => {
  const { resource } = await world.client.getDatabaseAccount();
  expect(resource?.writableLocations).toHaveLength(1);
  expect(resource?.consistencyPolicy).toBe("Session");
});

test("databases are created, listed, read and deleted with what they hold", async () => {
  const { databases } = world.client;
  await databases.create({ id: "short" });
  expect(await refusal(databases.create({ id: "short" }))).toMatchObject({ code: 409 });
  await databases.createIfNotExists({ id: "short" });
  await world.client.database("short").containers.create({ id: "c", partitionKey: { paths: ["/id"] } });
  expect((await databases.readAll().fetchAll()).resources.map(({ id }) => id)).toContain("short");
  await world.client.database("short").delete();
  expect(await refusal(world.client.database("short").read())).toMatchObject({ code: 404 });
  expect(await refusal(world.client.database("short").container("c").read())).toMatchObject({ code: 404 });
});

test("a container keeps its definition", async () => {
  const definition = {
    partitionKey: hierarchical("/org_id", "/slot"),
    defaultTtl: 100,
    indexingPolicy: {
      indexingMode: "consistent" as const,
      automatic: true,
      includedPaths: [{ path: "/timestamp/?" }],
      excludedPaths: [{ path: "/*" }],
      compositeIndexes: [
        [
          { path: "/timestamp", order: "descending" as const },
          { path: "/id", order: "descending" as const },
        ],
      ],
    },
  };
  const container = await world.createContainer(definition);
  const { resource } = await container.read();
  expect(resource).toMatchObject({ id: container.id, ...definition });
  const { database } = container;
  await database.containers.createIfNotExists({ id: container.id });
  expect(await refusal(database.containers.create({ id: container.id }))).toMatchObject({ code: 409 });
  expect((await database.containers.readAll().fetchAll()).resources.map(({ id }) => id)).toContain(container.id);
  const moved = container.replace({ id: container.id, partitionKey: hierarchical("/org_id", "/id") });
  expect(await refusal(moved)).toMatchObject({ code: 400 });
  await container.delete();
  expect(await refusal(container.read())).toMatchObject({ code: 404 });
});

test("an index that a container gets later knows the documents from before", async () => {
  const container = await world.createContainer({
    indexingPolicy: { includedPaths: [{ path: "/a/?" }], excludedPaths: [{ path: "/*" }] },
  });
  for (const n of [3, 1, 2]) await container.items.create({ id: `d${n}`, org_id: "o", a: n, b: n });
  const ordered = () => container.items.query("SELECT VALUE c.b FROM c ORDER BY c.b").fetchAll();
  expect(await refusal(ordered())).toMatchObject({ code: 400 });
  await container.replace({
    id: container.id,
    partitionKey: hierarchical("/org_id", "/id"),
    indexingPolicy: { includedPaths: [{ path: "/b/?" }], excludedPaths: [{ path: "/*" }] },
  });
  expect((await ordered()).resources).toEqual([1, 2, 3]);
});

test.each([
  ["unique keys", { uniqueKeyPolicy: { uniqueKeys: [{ paths: ["/email"] }] } }, "uniqueKeyPolicy"],
  ["four paths", { partitionKey: hierarchical("/a", "/b", "/c", "/d") }, "MultiHash"],
  ["an unknown kind", { partitionKey: { paths: ["/a"], kind: "Range" as PartitionKeyKind } }, "Range"],
  ["no root path", { indexingPolicy: { includedPaths: [{ path: "/a/?" }], excludedPaths: [] } }, "/*"],
  ["a path without an end", { indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/a" }] } }, "/a"],
  ["a default of 0 seconds", { defaultTtl: 0 }, "defaultTtl"],
  [
    "computed properties",
    { computedProperties: [{ name: "x", query: "SELECT VALUE 1 FROM c" }] },
    "computedProperties",
  ],
])("a container with %s is refused, and the error names it", async (_, definition, name) => {
  const { code, message } = await refusal(world.createContainer(definition));
  expect(code).toBe(400);
  expect(message).toContain(name);
});

test("a wrong key opens nothing", async () => {
  const client = new CosmosClient({ endpoint: world.endpoint, key: Buffer.from("wrong").toString("base64") });
  expect(await refusal(client.database("test").read())).toMatchObject({ code: 401 });
  const unsigned = await fetch(`${world.endpoint}/dbs`);
  expect(unsigned.status).toBe(401);
  expect(await unsigned.json()).toMatchObject({ code: "Unauthorized" });
  client.dispose();
});

test("an unsupported request is refused in JSON", async () => {
  const container = await world.createContainer({});
  const { code, message } = await refusal(container.scripts.storedProcedures.readAll().fetchAll());
  expect(code).toBe(501);
  expect(message).toContain("sprocs");
});

test("every request is reported, with its operation and cost", async () => {
  const container = await world.createContainer({});
  records.length = 0;
  await container.items.create({ id: "x", org_id: "o" });
  await container.items.query("SELECT * FROM c", { partitionKey: ["o", "x"] }).fetchAll();
  const documents = records.filter((record) => record.resourceType === "docs");
  expect(documents.find(({ operation }) => operation === "create")).toEqual({
    method: "POST",
    resourceType: "docs",
    operation: "create",
    database: "test",
    container: container.id,
    partitionKey: '["o","x"]',
    status: 201,
    charge: expect.any(Number),
  });
  expect(documents.map(({ operation }) => operation).sort()).toEqual(["create", "plan", "query"]);
});

test("the gate can answer instead, and lose an answer after the work is done", async () => {
  let mode: "throttle" | "lose" | "pass" = "pass";
  await using gated = await startWorld({
    gate: {
      async enter() {
        if (mode !== "throttle") return undefined;
        mode = "pass";
        return { status: 429, headers: { "x-ms-retry-after-ms": "1" }, body: '{"code":"429","message":"slow down"}' };
      },
      async leave({ route }, response) {
        return mode === "lose" && route.resourceType === "docs" ? "dropped" : response;
      },
    },
  });
  const container = await gated.createContainer({});
  await container.items.create({ id: "warm", org_id: "o" });
  mode = "throttle";
  const throttled = await container.items.create({ id: "a", org_id: "o" });
  expect(throttled.headers["x-ms-throttle-retry-count"]).toBe(1);
  mode = "lose";
  await expect(container.items.create({ id: "b", org_id: "o" })).rejects.toThrow();
  mode = "pass";
  expect((await container.item("b", ["o", "b"]).read()).statusCode).toBe(200);
});
