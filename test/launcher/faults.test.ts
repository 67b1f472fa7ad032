import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Stack } from "../../local/launcher/stack.ts";
import { blobContainers } from "../../shared/store/resources.ts";
import type { RunningProduct } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  ({ stack, product, end } = await startTestStack({ chaos: { profile: "off" } }));
});

afterAll(() => end());

test("every fault is counted, also those of a process that is killed right after it", async () => {
  const url = `${stack.cosmos.endpoint}/dbs/headrace/colls/events/docs`;
  const ask = async () => (await fetch(url, { method: "POST", body: "{}" })).status;
  const count = () => stack.faults?.counts()["cosmos unavailable"] ?? 0;
  for (let life = 0, answered = 0; life < 3; life++) {
    stack.faults?.set({ cosmos: { unavailable: 1 } });
    await until(async () => {
      if ((await ask()) !== 503) return undefined;
      answered++;
      return true;
    });
    for (let i = 0; i < 20; i++, answered++) expect(await ask()).toBe(503);

    await stack.kill("cosmos");
    await until(async () => (count() >= answered ? true : undefined), 1_000);
    await stack.restart("cosmos");
  }
  stack.faults?.set("off");
});

test("a claim check's blob is gone for a while, and comes back; other blobs are left alone", async () => {
  const direct = BlobServiceClient.fromConnectionString(stack.storage.connectionString ?? "");
  const faulty = BlobServiceClient.fromConnectionString(stack.faults?.storageConnectionString ?? "");
  await direct.createContainer("other");
  for (const container of [blobContainers.claims, "other"])
    await direct.getContainerClient(container).getBlockBlobClient("a/b").upload("there", 5);
  const read = (container: string) => faulty.getContainerClient(container).getBlobClient("a/b").downloadToBuffer();
  stack.faults?.set({ storage: { "blob-gone": 1 } });
  await expect(read(blobContainers.claims)).rejects.toMatchObject({ statusCode: 404 });
  expect(String(await read("other"))).toBe("there");
  stack.faults?.set("off");
  await expect(read(blobContainers.claims)).rejects.toMatchObject({ statusCode: 404 });
  expect(String(await until(() => read(blobContainers.claims).catch(() => undefined)))).toBe("there");
});

test.each(["detached", "expired-token", "dropped", "detached-unacknowledged", "dropped-unacknowledged"] as const)(
  "an event whose send is lost by %s is answered 202 soon, stored once and counted once",
  async (kind) => {
    const org = await product.makeOrg();
    expect((await org.post({ event_type: "t", event_id: "before" })).status).toBe(202);
    const drawn = () => stack.faults?.counts()[`event-hubs ${kind}`] ?? 0;
    const before = drawn();
    stack.faults?.set({ "event-hubs": { [kind]: 1 } });
    const started = performance.now();
    const answer = org.post({ event_type: "t", event_id: "in flight" });
    await until(async () => (drawn() > before ? true : undefined));
    stack.faults?.set("off");
    const { status, body } = await answer;
    expect(status).toBe(202);
    expect(performance.now() - started).toBeLessThan(9_000);
    expect(await org.settled(body.receipt_id)).toMatchObject({ accepted: 1, stored: 1, duplicate: 0 });
    const ledger = await until(async () => {
      const { body: read } = await org.get("/api/v1/ledger");
      return (read.totals as { settled: number }).settled === 2 ? read : undefined;
    });
    expect(ledger.totals).toEqual({ settled: 2, stored: 2, duplicate: 0, quarantined: 0 });
  },
);
test.each([
  ["request-timeout", 408, false],
  ["too-many-requests", 429, false],
  ["bad-gateway", 502, false],
  ["starting", 503, false],
  ["worker-died", 500, true],
  ["gateway-timeout", 504, true],
] as const)("the host's %s is not the product's: %i without a code, events taken: %s", async (kind, status, taken) => {
  const org = await product.makeOrg();
  stack.faults?.set({ "functions-host": { [kind]: 1 } });
  const send = () =>
    fetch(`${stack.baseUrl}/api/v1/events`, {
      method: "POST",
      headers: { authorization: `Bearer ${org.key}` },
      body: JSON.stringify({ event_id: kind, event_type: "t" }),
    });
  const text = await until(async () => {
    const answer = await send();
    return answer.status === status ? await answer.text() : undefined;
  });
  expect(text).toMatch(/^$|^<!DOCTYPE html>/);
  stack.faults?.set("off");
  const again = await until(async () => {
    const answer = await send();
    return answer.status === 202 ? ((await answer.json()) as { receipt_id: string }) : undefined;
  });
  expect(await org.settled(again.receipt_id)).toMatchObject(taken ? { duplicate: 1 } : { stored: 1 });
  expect(stack.faults?.counts()[`functions-host ${kind}`]).toBeGreaterThan(0);
});
