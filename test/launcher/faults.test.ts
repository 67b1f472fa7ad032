import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Pipeline } from "../../local/launcher/stack.ts";
import { CLAIM_CONTAINER } from "../../shared/envelope/blob-claim-store.ts";
import { startTestPipeline, type TestPipeline } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let pipeline: Pipeline;
let end: TestPipeline["end"];

beforeAll(async () => {
  ({ pipeline, end } = await startTestPipeline({ chaos: { profile: "off" } }));
});

afterAll(() => end());

test("every fault is counted, those of a process that is killed right after it too", async () => {
  const url = `${pipeline.cosmos.endpoint}/dbs/headrace/colls/events/docs`;
  const ask = async () => (await fetch(url, { method: "POST", body: "{}" })).status;
  const count = () => pipeline.faults?.counts()["cosmos unavailable"] ?? 0;
  for (let life = 0, answered = 0; life < 3; life++) {
    pipeline.faults?.set({ cosmos: { unavailable: 1 } });
    await until(async () => {
      if ((await ask()) !== 503) return undefined;
      answered++;
      return true;
    });
    for (let i = 0; i < 20; i++, answered++) expect(await ask()).toBe(503);

    await pipeline.kill("cosmos");
    await until(async () => (count() >= answered ? true : undefined), 1_000);
    await pipeline.restart("cosmos");
  }
  pipeline.faults?.set("off");
});

test("a claim check's blob is gone for a while, and back; other blobs are left alone", async () => {
  const direct = BlobServiceClient.fromConnectionString(pipeline.storage.connectionString ?? "");
  const faulty = BlobServiceClient.fromConnectionString(pipeline.faults?.storageConnectionString ?? "");
  await direct.createContainer("other");
  for (const container of [CLAIM_CONTAINER, "other"])
    await direct.getContainerClient(container).getBlockBlobClient("a/b").upload("there", 5);
  const read = (container: string) => faulty.getContainerClient(container).getBlobClient("a/b").downloadToBuffer();
  pipeline.faults?.set({ storage: { "blob-gone": 1 } });
  await expect(read(CLAIM_CONTAINER)).rejects.toMatchObject({ statusCode: 404 });
  expect(String(await read("other"))).toBe("there");
  pipeline.faults?.set("off");
  await expect(read(CLAIM_CONTAINER)).rejects.toMatchObject({ statusCode: 404 });
  expect(String(await until(() => read(CLAIM_CONTAINER).catch(() => undefined)))).toBe("there");
});
