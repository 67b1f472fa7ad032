import { randomBytes } from "node:crypto";
import { EventHubProducerClient } from "@azure/event-hubs";
import { BlobServiceClient } from "@azure/storage-blob";
import { QueueServiceClient } from "@azure/storage-queue";
import { afterAll, describe, expect, it } from "vitest";
import { claimName } from "../../shared/envelope/claim-store.ts";
import { type EnvelopeItem, packContent } from "../../shared/envelope/content.ts";
import { encodeFrame, type Frame } from "../../shared/envelope/frame.ts";
import { SERVICE_ORG_ID } from "../../shared/identity/org-id.ts";
import { encodeWorkItem } from "../../shared/pipeline/work-item.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import type { QuarantineDocument, QuarantineRemains } from "../../shared/quarantine/quarantine-store.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { blobContainers } from "../../shared/store/resources.ts";
import { cosmos, makeOrg, product, readReceiptKeys, until } from "../support/product.ts";

// The first timer of the product makes them.
const keys = await until(() => readReceiptKeys().catch(() => undefined));
const producer = new EventHubProducerClient(product.env.EventHubConnection ?? "", product.env.EVENT_HUB_NAME ?? "");
const queues = QueueServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "");
const claims = BlobServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "").getContainerClient(
  blobContainers.claims,
);
const quarantine = createCosmosQuarantineStore(cosmos.containers.quarantine);

afterAll(() => producer.close());

const item = (id: string, properties: Record<string, unknown> = {}): EnvelopeItem => ({
  e: { event_id: id, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z", properties },
});

async function makeEnvelope(orgId: string, items: readonly EnvelopeItem[]): Promise<Frame & { kind: "inline" }> {
  const { receiptId } = mintReceipt(keys, orgId, Date.now(), items.length);
  const { body, bytes } = await packContent(items.map((one) => JSON.stringify(one)));
  return { kind: "inline", head: { org_id: orgId, receipt_id: receiptId, events: items.length, bytes }, body };
}

const sendToHub = (...bodies: Buffer[]) => producer.sendBatch(bodies.map((body) => ({ body })));

describe("a message or event that can never be stored", () => {
  it("as an envelope, ends in quarantine; its neighbours in the same batch are stored, and the receipts say so", async () => {
    const org = await makeOrg();
    const [before, damaged, after] = await Promise.all([
      makeEnvelope(org.orgId, [item("n1")]),
      makeEnvelope(org.orgId, [item("x"), item("y")]),
      makeEnvelope(org.orgId, [item("n2")]),
    ]);
    await sendToHub(encodeFrame(before), encodeFrame({ ...damaged, body: Buffer.from("no zstd") }), encodeFrame(after));
    expect(await org.settled(before.head.receipt_id)).toMatchObject({ stored: 1 });
    expect(await org.settled(after.head.receipt_id)).toMatchObject({ stored: 1 });
    expect(await org.settled(damaged.head.receipt_id)).toMatchObject({
      stored: 0,
      quarantined: 2,
      results: [
        { index: 0, result: "quarantined", code: "unreadable_envelope" },
        { index: 1, result: "quarantined", code: "unreadable_envelope" },
      ],
    });
    expect(await quarantine.read(org.orgId, `${damaged.head.receipt_id}:all`)).toMatchObject({
      code: "unreadable_envelope",
      raw: { base64: Buffer.from("no zstd").toString("base64") },
    });
  });

  it("as an event that the store refuses, ends in quarantine whole; a later event with its id is stored", async () => {
    const org = await makeOrg();
    const huge = item("huge", { noise: randomBytes(1_200_000).toString("hex") });
    const envelope = await makeEnvelope(org.orgId, [item("n1"), huge, item("n2")]);
    await sendToHub(await claim(envelope));
    expect(await org.settled(envelope.head.receipt_id)).toMatchObject({
      stored: 2,
      quarantined: 1,
      results: [{ index: 1, result: "quarantined", code: "refused_by_store" }],
    });
    expect((await org.get("/api/v1/events/huge")).status).toBe(404);
    const kept = await quarantine.read(org.orgId, `${envelope.head.receipt_id}:1`);
    expect(kept).toMatchObject({ code: "refused_by_store", raw: { blob: expect.any(String) } });
    const { blob } = (kept as QuarantineDocument).raw as { blob: string };
    const content = JSON.parse((await claims.getBlockBlobClient(blob).downloadToBuffer()).toString()) as unknown;
    expect(content).toEqual({ json: (huge as { e: unknown }).e });
    const again = await org.post({ event_id: "huge", event_type: "t" });
    expect(await org.settled(again.body.receipt_id)).toMatchObject({ stored: 1 });
    expect((await org.get("/api/v1/events/huge")).status).toBe(200);
    await sendToHub(await claim(envelope));
    expect((await org.get("/api/v1/metrics/events?from=2026-11-22T00:00:00Z&to=2026-11-23T00:00:00Z")).body.total).toBe(
      2,
    );
  });

  it("as a message of the hub, ends in the service's quarantine as it is", async () => {
    const org = await makeOrg();
    const good = await makeEnvelope(org.orgId, [item("n1")]);
    const garbage = randomBytes(40);
    const large = Buffer.concat([Buffer.from("large"), randomBytes(200_000)]);
    await sendToHub(garbage, encodeFrame(good), large);
    expect(await org.settled(good.head.receipt_id)).toMatchObject({ stored: 1 });
    await until(async () => ((await kept(garbage.toString("base64"))).length === 1 ? true : undefined));
    await until(async () => ((await kept(large.toString("base64"))).length === 1 ? true : undefined));
  });

  it("as several messages of one partition in a row, ends there once for each, whatever numbers the worker gives", async () => {
    const bodies = Array.from({ length: 5 }, () => randomBytes(40));
    await producer.sendBatch(
      bodies.map((body) => ({ body })),
      { partitionId: "0" },
    );
    for (const body of bodies)
      await until(async () => ((await kept(body.toString("base64"))).length === 1 ? true : undefined));
  });

  it("as large messages of one partition in a row, ends there once for each: none takes another's blob", async () => {
    const bodies = Array.from({ length: 3 }, () => randomBytes(200_000));
    for (const body of bodies) await producer.sendBatch([{ body }], { partitionId: "1" });
    for (const body of bodies)
      await until(async () => ((await kept(body.toString("base64"))).length === 1 ? true : undefined));
  });

  it.each(["work", "work-bulk"])("as a message of %s, ends in the service's quarantine as it is", async (name) => {
    const text = `not a work item ${randomBytes(6).toString("hex")}`;
    await queues.getQueueClient(name).sendMessage(text);
    await until(async () => ((await kept(Buffer.from(text).toString("base64"))).length === 1 ? true : undefined));
  });

  async function kept(base64: string): Promise<readonly unknown[]> {
    const found = await queryAll<QuarantineDocument | QuarantineRemains>(
      cosmos.containers.quarantine,
      sql("SELECT * FROM c WHERE c.org_id = @org", { org: SERVICE_ORG_ID }),
    );
    return found.filter((one) => "raw" in one && "base64" in one.raw && one.raw.base64 === base64);
  }
});

describe("a message of the hub with fields that we do not know", () => {
  it("is stored like any other", async () => {
    const org = await makeOrg();
    const envelope = await makeEnvelope(org.orgId, [item("f1")]);
    const properties = { PartitionContext: "mine", sequenceNumberArray: 7, nested: "{}" };
    const messageAnnotations = { "x-opt-unknown": new Date(0), "x-opt-replication": { role: "primary", epoch: 3 } };
    await producer.sendBatch([
      { body: encodeFrame(envelope), applicationProperties: properties, messageAnnotations, bodyType: "data" },
    ]);
    expect(await org.settled(envelope.head.receipt_id)).toMatchObject({ stored: 1 });
  });
});

describe("a message of the poison queue", () => {
  it("goes back into the work queue, and its events are stored", async () => {
    const org = await makeOrg();
    const envelope = await makeEnvelope(org.orgId, [item("p1"), item("p2")]);
    await queues.getQueueClient("work-poison").sendMessage(encodeWorkItem(0, [encodeFrame(envelope)]));
    expect(await org.settled(envelope.head.receipt_id)).toMatchObject({ stored: 2 });
  });
});

describe("a claim check", () => {
  it("is deleted when its envelope is settled, and not before", async () => {
    const org = await makeOrg();
    const envelope = await makeEnvelope(org.orgId, [item("c1", { noise: randomBytes(200_000).toString("hex") })]);
    await sendToHub(await claim(envelope));
    expect(await org.settled(envelope.head.receipt_id)).toMatchObject({ stored: 1 });
    const blob = claims.getBlockBlobClient(claimName(org.orgId, envelope.head.receipt_id));
    await until(async () => ((await blob.exists()) ? undefined : true));
    await sendToHub(
      encodeFrame({ kind: "claim", head: envelope.head, blob: claimName(org.orgId, envelope.head.receipt_id) }),
    );
    const marker = await org.post({ event_id: "after", event_type: "t" });
    await org.settled(marker.body.receipt_id);
    expect(await org.settled(envelope.head.receipt_id)).toMatchObject({ stored: 1 });
  });
});

/** Writes the envelope's blob, as ingest does, and gives the message that carries its claim check. */
async function claim(envelope: Frame & { kind: "inline" }): Promise<Buffer> {
  const blob = claimName(envelope.head.org_id, envelope.head.receipt_id);
  await claims.getBlockBlobClient(blob).uploadData(encodeFrame(envelope));
  return encodeFrame({ kind: "claim", head: envelope.head, blob });
}
