import { createHmac } from "node:crypto";
import type { Container, OperationInput } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hierarchical, refusal, startWorld, type World } from "./support.ts";

let world: World;
let ledger: Container;
let events: Container;

beforeAll(async () => {
  world = await startWorld();
  ledger = await world.createContainer({ partitionKey: hierarchical("/org_id", "/slot") });
  events = await world.createContainer({});
});
afterAll(() => world.close());

const entry = (id: string, more: object = {}) => ({ id, org_id: "acme", slot: "d1", ...more });
const read = async (id: string) => (await ledger.item(id, ["acme", "d1"]).read()).resource;

describe("a transactional batch", () => {
  test("does everything at once, and each operation sees those before it", async () => {
    const { etag } = await ledger.items.create(entry("rollup", { count: 1 }));
    const { code, result } = await ledger.items.batch(
      [
        { operationType: "Create", resourceBody: entry("b1") },
        { operationType: "Upsert", resourceBody: entry("b2", { n: 1 }) },
        { operationType: "Replace", id: "b1", resourceBody: entry("b1", { seen: true }) },
        {
          operationType: "Patch",
          id: "rollup",
          ifMatch: etag,
          resourceBody: [{ op: "incr", path: "/count", value: 4 }],
        },
        { operationType: "Read", id: "rollup" },
        { operationType: "Delete", id: "b2" },
      ],
      ["acme", "d1"],
    );
    expect(code).toBe(200);
    expect(result?.map((item) => item.statusCode)).toEqual([201, 201, 200, 200, 200, 204]);
    expect(result?.[4]?.resourceBody).toMatchObject({ id: "rollup", count: 5 });
    expect(await read("b1")).toMatchObject({ seen: true });
    expect(await read("b2")).toBeUndefined();
  });

  test.each<[string, OperationInput, number]>([
    ["a stale etag", { operationType: "Replace", id: "fixed", ifMatch: '"stale"', resourceBody: entry("fixed") }, 412],
    ["an id that is taken", { operationType: "Create", resourceBody: entry("fixed") }, 409],
    ["a document that is not there", { operationType: "Delete", id: "none" }, 404],
    [
      "a condition that does not hold",
      {
        operationType: "Patch",
        id: "fixed",
        resourceBody: { condition: "FROM c WHERE c.n = 2", operations: [{ op: "set", path: "/n", value: 3 }] },
      },
      412,
    ],
    ["another partition", { operationType: "Create", resourceBody: { ...entry("far"), slot: "d2" } }, 400],
  ])("undoes everything for %s", async (_, failing, status) => {
    await ledger.items.upsert(entry("fixed", { n: 1 }));
    const { code, result } = await ledger.items.batch(
      [
        { operationType: "Upsert", resourceBody: entry("fixed", { n: 99 }) },
        { operationType: "Create", resourceBody: entry("undone") },
        failing,
        { operationType: "Read", id: "fixed" },
      ],
      ["acme", "d1"],
    );
    expect(code).toBe(207);
    expect(result?.map((item) => item.statusCode)).toEqual([424, 424, status, 424]);
    expect(await read("fixed")).toMatchObject({ n: 1 });
    expect(await read("undone")).toBeUndefined();
  });

  test("has at most 2 MB and a whole partition key", async () => {
    const large = Array.from({ length: 5 }, (_, i) => ({
      operationType: "Create" as const,
      resourceBody: entry(`large${i}`, { text: "x".repeat(500_000) }),
    }));
    expect(await refusal(ledger.items.batch(large, ["acme", "d1"]))).toMatchObject({ code: 413 });
    expect(await refusal(ledger.items.batch(large.slice(0, 1), ["acme"]))).toMatchObject({ code: 400 });
    // Bytes are counted, and not characters.
    const wide = large.slice(0, 2).map(({ resourceBody, ...rest }, i) => ({
      ...rest,
      resourceBody: { ...resourceBody, ...entry(`wide${i}`, { text: "語".repeat(400_000) }) },
    }));
    expect(await refusal(ledger.items.batch(wide, ["acme", "d1"]))).toMatchObject({ code: 413 });
  });
});

test("a batch has at most 100 operations: the SDK says so, and the service to whoever asks it without", async () => {
  const operations = Array.from({ length: 101 }, (_, i) => ({
    operationType: "Create" as const,
    resourceBody: entry(`many${i}`),
  }));
  await expect(ledger.items.batch(operations, ["acme", "d1"])).rejects.toThrow("more than 100 operations");
  const link = `dbs/test/colls/${ledger.id}`;
  const date = new Date().toUTCString();
  const text = `post\ndocs\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac("sha256", Buffer.from(world.key, "base64")).update(text).digest("base64");
  const { status } = await fetch(`${world.endpoint}/${link}/docs`, {
    method: "POST",
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      "x-ms-date": date,
      "x-ms-cosmos-is-batch-request": "true",
      "x-ms-cosmos-batch-atomic": "true",
      "x-ms-documentdb-partitionkey": '["acme","d1"]',
    },
    body: JSON.stringify(operations),
  });
  expect(status).toBe(400);
  expect(await read("many0")).toBeUndefined();
});

describe("bulk", () => {
  const create = (org: string, id: string) => ({ operationType: "Create" as const, resourceBody: { id, org_id: org } });

  test("gives each operation its own status, in order, across ranges", async () => {
    await events.items.create({ id: "taken", org_id: "o1" });
    const operations = [
      ...Array.from({ length: 30 }, (_, i) => create(`o${i % 7}`, `bulk${i}`)),
      create("o1", "taken"),
      { operationType: "Read" as const, id: "taken", partitionKey: ["o1", "taken"] },
      { operationType: "Delete" as const, id: "none", partitionKey: ["o1", "none"] },
      {
        operationType: "Patch" as const,
        id: "taken",
        partitionKey: ["o1", "taken"],
        resourceBody: [{ op: "set" as const, path: "/x", value: 1 }],
      },
    ];
    const results = await events.items.bulk(operations);
    expect(results.map((result) => result.statusCode)).toEqual([
      ...Array.from({ length: 30 }, () => 201),
      409,
      200,
      404,
      200,
    ]);
    expect(results[5]?.resourceBody).toMatchObject({ id: "bulk5", org_id: "o5" });
    const again = await events.items.bulk(operations.slice(0, 3), undefined, { contentResponseOnWriteEnabled: false });
    expect(again.map((result) => result.statusCode)).toEqual([409, 409, 409]);
  });

  test("goes on by itself through executeBulkOperations", async () => {
    const operations = Array.from({ length: 250 }, (_, i) => ({
      ...create(`o${i % 5}`, `exec${i % 240}`),
      partitionKey: [`o${i % 5}`, `exec${i % 240}`],
    }));
    const results = await events.items.executeBulkOperations(operations);
    const statuses = results.map((result) => result.response?.statusCode ?? result.error?.code);
    expect(statuses.filter((status) => status === 201)).toHaveLength(240);
    expect(statuses.filter((status) => status === 409)).toHaveLength(10);
  });

  test("leaves documents out when asked to", async () => {
    const [result] = await events.items.bulk([create("o1", "minimal")], undefined, {
      contentResponseOnWriteEnabled: false,
    });
    expect(result?.statusCode).toBe(201);
    expect(result?.resourceBody).toBeUndefined();
    expect(result?.eTag).toBeTruthy();
  });
});
