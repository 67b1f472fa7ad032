import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FaultProfile } from "../../local/launcher/faults/profiles.ts";
import { logFileOf } from "../../local/launcher/logs.ts";
import type { ServiceName } from "../../local/launcher/service-names.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { packContent } from "../../shared/envelope/content.ts";
import { encodeFrame } from "../../shared/envelope/frame.ts";
import { encodeWorkItem } from "../../shared/pipeline/work-item.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { queues } from "../../shared/store/resources.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { watchServices } from "../support/managed-identity.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  // A killed host's messages are hidden for 10 minutes, in Azure as here; no test waits that long.
  ({ stack, product, end } = await startTestStack({ hostArgs: ["--queue-lease", "5"] }));
});

afterAll(() => end());

const event = (event_id: string) => ({ event_id, event_type: "t" });

describe("while Event Hubs is away", () => {
  it("answers 503 with Retry-After within the deadline, says so in readiness, and takes the same batch afterwards", async () => {
    const org = await product.makeOrg();
    expect((await org.post(event("before"))).status).toBe(202);
    await stack.kill("event-hubs");
    const started = Date.now();
    const refused = await org.post(event("during"));
    expect([refused.status, refused.body.code]).toEqual([503, "stream_unavailable"]);
    expect(refused.headers.get("retry-after")).toMatch(/^\d+$/);
    expect(Date.now() - started).toBeLessThan(30_000);
    const ready = await product.request("/api/health/ready");
    expect(ready.status).toBe(503);
    expect(ready.body.checks).toMatchObject([
      { name: "event-hubs", ok: false },
      { name: "cosmos-db", ok: true },
      { name: "blobs", ok: true },
      { name: "key-vault", ok: true },
      { name: "checkpoints", ok: true },
      { name: "queues", ok: true, required: false },
    ]);
    expect((await product.request("/api/health/live")).status).toBe(200);
    await stack.restart("event-hubs");
    const receipt = await until(async () => {
      const again = await org.post(event("during"));
      return again.status === 202 ? again.body.receipt_id : undefined;
    });
    expect((await org.settled(receipt)).accepted).toBe(1);
    await until(async () => ((await product.request("/api/health/ready")).status === 200 ? true : undefined));
    await until(async () => ((await org.get("/api/v1/metrics/events")).body.total === 2 ? true : undefined));
  });
});

describe("while Event Hubs hangs", () => {
  it("large bodies of one org hold no request of another longer than the deadline of its own send", async () => {
    const [flood, calm] = [await product.makeOrg(), await product.makeOrg()];
    for (const org of [flood, calm]) expect((await org.post(event("before"))).status).toBe(202);
    const spacious = (megabytes: number): Buffer =>
      gzipSync(`[${JSON.stringify(event("during"))}${" ".repeat(megabytes * 1e6)}]`);
    await stack.kill("event-hubs", "SIGSTOP");
    const started = Date.now();
    const large = Array.from({ length: 6 }, () => flood.post(spacious(19), { "content-encoding": "gzip" }));
    const answers = await Promise.all([
      calm.post(event("small")),
      calm.post(spacious(2), { "content-encoding": "gzip" }),
    ]);
    expect(answers.map(({ status }) => status)).toEqual([503, 503]);
    expect(answers[0]?.body.code).toBe("stream_unavailable");
    expect(Date.now() - started).toBeLessThan(40_000);
    await stack.kill("event-hubs", "SIGCONT");
    await Promise.all(large);
    await until(async () => ((await calm.post(event("after"))).status === 202 ? true : undefined));
  });
});

describe("while Cosmos DB is away", () => {
  it("takes events of keys it knows, refuses none for good, and stores everything afterwards", async () => {
    const [known, unknown] = [await product.makeOrg(), await product.makeOrg()];
    await known.settled((await known.post(event("before"))).body.receipt_id);
    await stack.kill("cosmos");
    const during = await known.post([event("during"), event("before")]);
    expect(during.status).toBe(202);
    const refused = await unknown.post(event("x"));
    expect([refused.status, refused.body.code]).toEqual([503, "identity_unavailable"]);
    const forged = await product.request("/api/v1/events", {
      headers: { authorization: `Bearer ${makeApiKey(known.orgId).key}` },
    });
    expect(forged.status).toBe(503);
    expect((await known.get("/api/v1/events")).body.code).toBe("store_unavailable");
    expect((await known.get(`/api/v1/receipts/${String(during.body.receipt_id)}`)).status).toBe(503);
    await stack.restart("cosmos");
    expect(await known.settled(during.body.receipt_id)).toMatchObject({ stored: 1, duplicate: 1 });
    expect((await unknown.post(event("x"))).status).toBe(202);
    expect((await known.get("/api/v1/metrics/events")).body.total).toBe(2);
  });
});

describe("when the Functions host is killed", () => {
  it("stores what it had acknowledged", async () => {
    const org = await product.makeOrg();
    const answers = await Promise.all(Array.from({ length: 20 }, (_, i) => org.post([event(`a${i}`), event(`b${i}`)])));
    await stack.kill("functions-host");
    await stack.restart("functions-host");
    for (const { status, body } of answers) {
      expect(status).toBe(202);
      expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 2 });
    }
    expect((await org.get("/api/v1/metrics/events")).body.total).toBe(40);
  });

  it("stores a batch once that came 50 times at once by one Idempotency-Key, some of them answered and some not", async () => {
    const org = await product.makeOrg();
    const post = () => org.post([{ event_type: "t" }, { event_type: "t" }], { "idempotency-key": "order 17" });
    const tries = Array.from({ length: 50 }, post);
    await Promise.any(tries);
    await stack.kill("functions-host");
    const ended = await Promise.allSettled(tries);
    await stack.restart("functions-host");
    const answered = ended.flatMap((one) =>
      one.status === "fulfilled" && one.value.status === 202 ? [one.value] : [],
    );
    const receipts = await Promise.all([...answered, await post()].map(({ body }) => org.settled(body.receipt_id)));
    expect(receipts.every(({ stored, duplicate }) => Number(stored) + Number(duplicate) === 2)).toBe(true);
    expect((await org.get("/api/v1/events")).body.events).toHaveLength(2);
    expect((await org.get("/api/v1/metrics/events")).body.total).toBe(2);
  });
});

describe("when hosts end again and again with the same message in their hands", () => {
  it("goes event by event after the fourth time, and leaves nothing to the poison queue", async () => {
    const org = await product.makeOrg();
    const { text, receiptId } = await makeWorkItem(org);
    await stack.kill("functions-host");
    await queueFor(queues.work).sendMessage(text);
    await useUpTries(queues.work, 6);
    await stack.restart("functions-host");
    expect(await org.settled(receiptId)).toMatchObject({ stored: 2 });
    expect(readLog()).toContain("it is gone through event by event");
    expect(readLog()).not.toContain("MaxDequeueCount");
  });

  it("takes back what an older host left in the poison queue, although its tries there are used up", async () => {
    const org = await product.makeOrg();
    const { text, receiptId } = await makeWorkItem(org);
    await stack.kill("functions-host");
    await queueFor(queues.workPoison).sendMessage(text);
    await useUpTries(queues.workPoison, 5);
    await stack.restart("functions-host");
    expect(await org.settled(receiptId)).toMatchObject({ stored: 2 });
    expect(readLog()).toContain("it is put back into the work queue");
  });

  const readLog = (): string => readFileSync(logFileOf(stack.stateDir, "functions-host"), "utf8");
  const queueFor = (name: string) => new QueueClient(stack.storage.connectionString ?? "", name);

  /** As hosts do that are scaled in, shut down or killed before they have done anything. */
  async function useUpTries(name: string, times: number): Promise<void> {
    for (let tries = 0; tries < times; tries++) {
      const [message] = (await queueFor(name).receiveMessages()).receivedMessageItems;
      await queueFor(name).updateMessage(message?.messageId ?? "", message?.popReceipt ?? "", undefined, 0);
    }
  }

  async function makeWorkItem({ orgId }: TestOrg): Promise<{ text: string; receiptId: string }> {
    // The first run of the rotation makes the first one.
    const keys = await until(() => product.readReceiptKeys().catch(() => undefined));
    const { receiptId } = mintReceipt(keys, orgId, Date.now(), 2);
    const events = ["a", "b"].map((id) => ({ e: { ...event(id), timestamp: "2026-11-22T10:00:00.000Z" } }));
    const { body, bytes } = await packContent(events.map((item) => JSON.stringify(item)));
    const head = { org_id: orgId, receipt_id: receiptId, events: 2, bytes };
    return { receiptId, text: encodeWorkItem(0, [encodeFrame({ kind: "inline", head, body })]) };
  }
});

/** A product with an identity and no keys, and a platform that starts its host again, whatever has ended it. */
async function startDeployed(): Promise<TestStack> {
  const startAgain = () =>
    started.stack.restart("functions-host").then(
      () => true,
      () => undefined,
    );
  const started = await startTestStack({
    access: "managed-identity",
    clock: true,
    hostArgs: ["--queue-lease", "5"],
    // A host that shut itself down is started by the launcher, until it cannot even start: its blobs refuse it too.
    onUnexpectedExit: () => void until(startAgain, 240_000).catch(() => undefined),
  });
  return started;
}

/** Sends four events a second for so long. Gives the receipts of those that were taken. */
async function sendFor(org: TestOrg, ms: number): Promise<string[]> {
  const receipts: string[] = [];
  for (const end = Date.now() + ms; Date.now() < end; await sleep(250)) {
    // While a host that shut itself down starts again, nobody answers.
    const answer = await org.post(event(`during-${receipts.length}`)).catch(() => undefined);
    if (answer?.status === 202) receipts.push(String(answer.body.receipt_id));
    else expect([undefined, 503]).toContain(answer?.status);
  }
  return receipts;
}

interface Trouble {
  readonly what: string;
  readonly names: readonly ServiceName[];
  readonly faults: FaultProfile;
}

const troubles: readonly Trouble[] = [
  {
    what: "the identity has no role anywhere",
    names: ["cosmos", "event-hubs", "blob", "queue", "key-vault"],
    faults: { forbidden: 1 },
  },
  { what: "Cosmos DB answers without a body", names: ["cosmos"], faults: { "no-body": 1 } },
];

describe("while a deployed product is in trouble for two minutes", () => {
  // At once, each with a product of its own: they wait most of the time.
  it.concurrent.for(troubles)(
    "nothing that was acknowledged is lost, and all services work again by themselves: $what",
    { timeout: 600_000 },
    async ({ names, faults }, { onTestFinished }) => {
      const { stack: deployed, product: own, end } = await startDeployed();
      onTestFinished(end);
      const org = await own.makeOrg();
      const services = watchServices(deployed, own, org);
      await services.allWork();
      const before = await Promise.all(Array.from({ length: 10 }, (_, i) => org.post(event(`before-${i}`))));
      for (const name of names) deployed.setFaults(name, faults);
      const during = await sendFor(org, 120_000);
      for (const name of names) deployed.setFaults(name, {});
      await services.allWork(60_000);
      // What was put back again and again by then waits for up to as long as the outage was.
      await deployed.clock?.advance(150_000);
      for (const receipt of [...before.map(({ body }) => body.receipt_id), ...during])
        expect(await org.settled(receipt)).toMatchObject({ stored: 1, quarantined: 0 });
    },
  );
});
