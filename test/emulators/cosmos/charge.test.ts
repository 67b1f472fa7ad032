import type { Container, IndexingPolicy } from "@azure/cosmos";
import { afterAll, beforeAll, expect, test } from "vitest";
import { watchRequests } from "../../../local/emulators/cosmos/gate.ts";
import { startWorld, type World } from "./support.ts";

/* The figures of https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption. */

const KB = 1024;
const planCharges: number[] = [];
let world: World;
beforeAll(async () => {
  const gate = watchRequests(({ operation, charge }) => {
    if (operation === "plan") planCharges.push(charge);
  });
  world = await startWorld({ gate });
});
afterAll(() => world.close());

const tenPaths = Array.from({ length: 10 }, (_, number) => `/p${number}/?`);
const policyOf = (...paths: string[]): IndexingPolicy => ({
  includedPaths: paths.map((path) => ({ path })),
  excludedPaths: [{ path: "/*" }],
});
const createContainer = (policy: IndexingPolicy = policyOf()) => world.createContainer({ indexingPolicy: policy });
const at = (container: Container, id: string) => container.item(id, ["acme", id]);

let made = 0;
/** A document that takes so many bytes with what the service adds. */
async function ofSize(container: Container, bytes: number, more: object = {}): Promise<{ id: string; text: string }> {
  const id = `document${String(++made).padStart(4, "0")}`;
  const { resource } = await container.items.create({ ...more, id, org_id: "acme", text: "" });
  await at(container, id).delete();
  return { ...more, id, text: "x".repeat(bytes - Buffer.byteLength(JSON.stringify(resource))) };
}
const ten = (value: string) => Object.fromEntries(Array.from({ length: 10 }, (_, number) => [`p${number}`, value]));

test.each([
  [1, 1, 4.95],
  [2, 1.04, 6.29],
  [4, 1.14, 6.67],
  [8, 1.33, 7.04],
  [16, 1.67, 9.52],
  [32, 2.19, 11.23],
  [64, 4.76, 22.67],
  [128, 9.95, 48.19],
  [256, 20.28, 98.29],
  [512, 40.95, 184.57],
  [1024, 145.9, 625],
  // Half way between two sizes, and below the smallest.
  [3, 1.09, 6.48],
  [0.75, 1, 4.95],
])("%d KB cost %d RU to read and %d RU to write, and to delete, without an index", async (kb, read, write) => {
  const container = await createContainer();
  const document = { ...(await ofSize(container, kb * KB)), org_id: "acme" };
  expect((await container.items.create(document)).requestCharge).toBe(write);
  expect((await at(container, document.id).read()).requestCharge).toBe(read);
  expect((await container.items.upsert(document)).requestCharge).toBeCloseTo(2 * write, 2);
  expect((await at(container, document.id).delete()).requestCharge).toBe(write);
});

test("1 KB with 10 indexed terms: 7.0 to create and to delete, 10.8 to replace and 11.6 to patch two of them", async () => {
  const container = await createContainer(policyOf(...tenPaths));
  const document = { ...(await ofSize(container, KB, ten("a"))), org_id: "acme" };
  // The page's examples take 5.0 for the 4.95 of its table.
  const asThere = ({ requestCharge }: { requestCharge: number }, writes: number) => requestCharge + writes * 0.05;
  expect(asThere(await container.items.create(document), 1)).toBeCloseTo(7, 2);
  const changed = { ...document, p0: "b", p1: "b" };
  expect(asThere(await at(container, document.id).replace(changed), 2)).toBeCloseTo(10.8, 2);
  const patch = ["p0", "p1"].map((name) => ({ op: "set" as const, path: `/${name}`, value: "c" }));
  expect(asThere(await at(container, document.id).patch(patch), 2)).toBeCloseTo(11.6, 2);
  expect(asThere(await at(container, document.id).delete(), 1)).toBeCloseTo(7, 2);
});

const composite = (...paths: string[]) => paths.map((path) => ({ path, order: "ascending" as const }));
const wildcard = { includedPaths: [{ path: "/*" }], excludedPaths: [{ path: "/text/?" }] };

test.each<[string, IndexingPolicy, object, number]>([
  ["a path that the document has, of two", policyOf("/a/?", "/b/?"), { a: 1 }, 1],
  ["null, as any other value", policyOf("/a/?"), { a: null }, 1],
  ["no object and no array on a path of values", policyOf("/a/?", "/b/?"), { a: { c: 1 }, b: [1] }, 0],
  ["each element of an array, equal ones once", policyOf("/a/[]/?"), { a: [1, 2, 2, "2"] }, 3],
  ["members of an array's elements", policyOf("/a/[]/b/?"), { a: [{ b: 1 }, { b: 2, c: 3 }, 4] }, 2],
  ["a composite index", { ...policyOf("/a/?"), compositeIndexes: [composite("/a", "/b")] }, { a: 1, b: 1 }, 2],
  [
    "no composite index of which a path is missing",
    { ...policyOf(), compositeIndexes: [composite("/a", "/b")] },
    { a: 1 },
    0,
  ],
  ["everything but what is excluded", wildcard, { a: [1, 2], b: { c: true } }, 5],
  ["nothing where no index is kept", { indexingMode: "none", includedPaths: [], excludedPaths: [] }, { a: 1 }, 0],
])("an index term is %s", async (_, policy, document, terms) => {
  const container = await createContainer(policy);
  const { requestCharge } = await container.items.create({ id: `terms${++made}`, org_id: "acme", ...document });
  expect(requestCharge).toBeCloseTo(4.95 + 0.2 * terms, 2);
});

test("a batch and a bulk request cost the sum of their operations", async () => {
  const container = await createContainer(policyOf("/a/?"));
  const operations = [1, 2, 3].map((a) => ({
    operationType: "Upsert" as const,
    resourceBody: { id: "one", org_id: "acme", a },
  }));
  const batch = await container.items.batch(operations, ["acme", "one"]);
  expect(batch.result?.map(({ requestCharge }) => requestCharge)).toEqual([5.15, 10.3, 10.3]);
  expect(batch.headers["x-ms-request-charge"]).toBe("25.75");
  const bulk = await container.items.bulk(
    ["a", "b"].map((id) => ({
      operationType: "Create" as const,
      resourceBody: { id, org_id: "acme" },
      partitionKey: ["acme", id],
    })),
  );
  expect(bulk.map(({ requestCharge }) => requestCharge)).toEqual([4.95, 4.95]);
});

test("the plan of a query costs nothing", async () => {
  const container = await createContainer();
  await container.items.query("SELECT VALUE COUNT(1) FROM c").fetchAll();
  expect(planCharges).not.toHaveLength(0);
  expect(planCharges.every((charge) => charge === 0)).toBe(true);
});
