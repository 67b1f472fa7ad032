import { createHmac } from "node:crypto";
import { type Container, PartitionKeyKind } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hierarchical, startWorld, type World } from "./support.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld({ partitionRanges: 5 });
});
afterAll(() => world.close());

/** Asks one range directly, as the SDK does for each part of a merged query. */
async function listIdsOfRange(container: Container, range: string): Promise<string[]> {
  const { resources } = await container.items
    .query<string>("SELECT VALUE c.id FROM c", {
      initialHeaders: { "x-ms-documentdb-partitionkeyrangeid": range },
      maxItemCount: 1000,
    })
    .fetchAll();
  return resources;
}

const KEYS = ["", "acme", "é日本😀", "x".repeat(150), 0, -1.5, 1e21, true, false, null, undefined];

describe.each([
  ["hierarchical", hierarchical("/key", "/id")],
  ["of three paths", hierarchical("/key", "/other", "/id")],
  ["version 2", { paths: ["/key"], kind: PartitionKeyKind.Hash, version: 2 as const }],
  ["version 1", { paths: ["/key"] }],
])("a partition key %s", (_, partitionKey) => {
  test("leads the SDK and the emulator to the same range, whichever way", async () => {
    const container = await world.createContainer({ partitionKey });
    const documents = [
      ...KEYS.map((key, i) => ({ id: `odd${i}`, ...(key === undefined ? {} : { key }) })),
      ...Array.from({ length: 60 }, (_, i) => ({ id: `d${i}`, key: `tenant-${i}` })),
    ];
    // Each request names the range that the SDK's own hash chose; another would be answered with 410.
    const results = await container.items.bulk(
      documents.map((resourceBody) => ({ operationType: "Create" as const, resourceBody })),
    );
    expect(new Set(results.map((result) => result.statusCode))).toEqual(new Set([201]));

    const byRange = await Promise.all(["0", "1", "2", "3", "4"].map((range) => listIdsOfRange(container, range)));
    expect(byRange.flat().sort()).toEqual(documents.map(({ id }) => id).sort());
    expect(byRange.every((ids) => ids.length > 0)).toBe(true);

    const components = (document: { id: string; key?: unknown }) =>
      partitionKey.paths.map((path) => (path === "/id" ? document.id : path === "/key" ? document.key : undefined));
    for (const document of documents) {
      const key = components(document) as string[];
      const read = await container.item(document.id, key).read();
      expect(read.resource).toMatchObject(document);
    }
  });
});

test("ranges follow each other, and an unknown range is answered as gone", async () => {
  const container = await world.createContainer({});
  const { resources } = await container.readPartitionKeyRanges().fetchAll();
  expect(resources.map((range) => [range.minInclusive, range.maxExclusive])).toEqual([
    ["", "0CCCCCCCCCCC00000000000000000000"],
    ["0CCCCCCCCCCC00000000000000000000", "19999999999900000000000000000000"],
    ["19999999999900000000000000000000", "26666666666600000000000000000000"],
    ["26666666666600000000000000000000", "33333333333300000000000000000000"],
    ["33333333333300000000000000000000", "FF"],
  ]);
  await expect(listIdsOfRange(container, "9")).rejects.toThrow(/gone|split/);
});

test("an operation sent to a range without its key changes nothing", async () => {
  const container = await world.createContainer({});
  const statuses = await Promise.all(["0", "1", "2", "3", "4"].map((range) => createInRange(container, range)));
  expect(statuses.sort()).toEqual([201, 410, 410, 410, 410]);
});

/** What the SDK would send if its hash had chosen this range. @returns the status of the one operation */
async function createInRange(container: Container, range: string): Promise<number> {
  const link = `dbs/test/colls/${container.id}`;
  const date = new Date().toUTCString();
  const text = `post\ndocs\n${link}\n${date.toLowerCase()}\n\n`;
  const signature = createHmac("sha256", Buffer.from(world.key, "base64")).update(text).digest("base64");
  const response = await fetch(`${world.endpoint}/${link}/docs`, {
    method: "POST",
    headers: {
      authorization: encodeURIComponent(`type=master&ver=1.0&sig=${signature}`),
      "x-ms-date": date,
      "x-ms-cosmos-is-batch-request": "true",
      "x-ms-cosmos-batch-atomic": "false",
      "x-ms-documentdb-partitionkeyrangeid": range,
    },
    body: JSON.stringify([
      { operationType: "Create", partitionKey: '["acme","x"]', resourceBody: { id: "x", org_id: "acme" } },
    ]),
  });
  const [result] = (await response.json()) as [{ statusCode: number }];
  return result.statusCode;
}
