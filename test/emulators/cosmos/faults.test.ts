import { BulkOperationType } from "@azure/cosmos";
import { expect, test } from "vitest";
import { createCosmosGate } from "../../../local/launcher/faults/cosmos-gate.ts";
import { createFaultSource } from "../../../local/launcher/faults/fault-source.ts";
import { hierarchical, refusal, startWorld } from "./support.ts";

const idOf = (i: number): string => `d${String(i).padStart(5, "0")}`;

test("a full disk refuses writes that do not fit, acknowledges no write that it lost, and goes on when there is room", async () => {
  let full = false;
  await using world = await startWorld({ isDiskFull: () => full });
  const container = await world.createContainer({});
  const acknowledged: string[] = [];
  const create = async (i: number): Promise<boolean> => {
    const document = { id: idOf(i), org_id: "o", fill: "x".repeat(1_000) };
    const created = await container.items.create(document).then(
      () => true,
      () => false,
    );
    if (created) acknowledged.push(document.id);
    return created;
  };
  for (let i = 0; i < 50; i++) expect(await create(i)).toBe(true);
  full = true;
  let refused = 0;
  for (let i = 50; i < 150; i++) if (!(await create(i))) refused++;
  expect(refused).toBeGreaterThan(50);
  // All or nothing: a bulk request in which one document finds no room has written none of them.
  const operations = Array.from({ length: 100 }, (_, i) => ({
    operationType: BulkOperationType.Create,
    partitionKey: ["o", idOf(1_000 + i)],
    resourceBody: { id: idOf(1_000 + i), org_id: "o", fill: "x".repeat(1_000) },
  }));
  expect((await refusal(container.items.bulk(operations))).code).toBe(500);
  const stored = async (): Promise<string[]> =>
    (await container.items.query<string>("SELECT VALUE c.id FROM c", { maxItemCount: 1_000 }).fetchAll()).resources;
  expect((await stored()).sort()).toEqual([...acknowledged].sort());
  full = false;
  for (let i = 200; i < 250; i++) expect(await create(i)).toBe(true);
  expect((await stored()).sort()).toEqual([...acknowledged].sort());
});

test("a gateway answers in the store's place with nothing, a page for people or half a body, by every status in turn", async () => {
  const faults = createFaultSource(1);
  await using world = await startWorld({ gate: createCosmosGate(faults) });
  const container = await world.createContainer({});
  const url = `${world.endpoint}/dbs/test/colls/${container.id}/docs/a`;
  const ask = async () => {
    const answer = await fetch(url);
    const text = await answer.text().catch(() => "cut off");
    return [answer.status, text] as const;
  };
  const askTen = async () => {
    const answers: (readonly [number, string])[] = [];
    for (let i = 0; i < 10; i++) answers.push(await ask());
    return { statuses: new Set(answers.map(([status]) => status)), texts: new Set(answers.map(([, text]) => text)) };
  };
  const all = new Set([503, 502, 429, 500, 403, 408, 404, 400, 413, 409]);
  faults.set({ "no-body": 1 });
  expect(await askTen()).toEqual({ statuses: all, texts: new Set([""]) });
  faults.set({ html: 1 });
  const pages = await askTen();
  expect(pages.statuses).toEqual(all);
  for (const text of pages.texts) expect(text).toMatch(/^<html>/);
  faults.set({ "cut-off": 1 });
  expect(await askTen()).toEqual({ statuses: all, texts: new Set(["cut off"]) });
});

test("a conflict with a document that is gone answers 409, and the next look finds nothing", async () => {
  const faults = createFaultSource(1);
  await using world = await startWorld({ gate: createCosmosGate(faults) });
  const definition = { partitionKey: hierarchical("/org_id", "/id") };
  const events = await world.createContainer({ id: "events", ...definition });
  const ledger = await world.createContainer({ id: "ledger", ...definition });
  const documents = [1, 2, 3].map((i) => ({ id: idOf(i), org_id: "o" }));
  const bulk = () =>
    events.items.bulk(
      documents.map((resourceBody) => ({
        operationType: BulkOperationType.Create,
        partitionKey: ["o", resourceBody.id],
        resourceBody,
      })),
    );
  faults.set({ "conflict-gone": 1 });
  expect((await bulk()).map(({ statusCode }) => statusCode)).toEqual([409, 409, 409]);
  expect((await refusal(events.items.create({ id: "a", org_id: "o" }))).code).toBe(409);
  expect((await events.item("a", ["o", "a"]).read()).statusCode).toBe(404);
  // Code that met an entry of the ledger relies on its being there.
  expect((await ledger.items.create({ id: "a", org_id: "o" })).statusCode).toBe(201);
  faults.set({});
  expect((await bulk()).map(({ statusCode }) => statusCode)).toEqual([201, 201, 201]);
  expect(faults.counts()["conflict-gone"]).toBeGreaterThanOrEqual(2);
});
