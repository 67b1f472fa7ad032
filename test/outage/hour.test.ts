import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import type { RunningProduct, TestOrg } from "../support/connect-product.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  // The hour takes seconds. Tries of a queue's requests follow no clock that can be set, and would outlast them.
  ({ stack, product, end } = await startTestStack({ clock: true, hostArgs: ["--queue-retry", "0.1"] }));
});

afterAll(() => end());

const MINUTE = 60_000;
const MINUTES = 60;
/** Minutes that the clock goes on at once: less than half of the host's lease on a message. */
const STEP = 2;
/** No answer takes longer, whichever service is away: the deadlines are 10 s for Event Hubs and 20 s for the others. */
const LONGEST_ANSWER_MS = 40_000;

/**
 * The effects of each service's absence: on the answer to small batches, to large ones (claim checks), and on
 * readiness. A killed service refuses connections at once. A stopped one takes them and never answers, which is harder
 * to bear.
 */
const outages = [
  { service: "cosmos", signal: "SIGKILL", small: 202, large: 202, ready: 503, check: "cosmos-db" },
  { service: "cosmos", signal: "SIGSTOP", small: 202, large: 202, ready: 503, check: "cosmos-db" },
  { service: "event-hubs", signal: "SIGKILL", small: 503, large: 503, ready: 503, check: "event-hubs" },
  // Ingest needs no queue: accepted events wait in Event Hubs. But a host that cannot poll it shuts itself down, and on
  // this machine the one that answers goes with it: for a moment there is no answer, again and again.
  { service: "queue", signal: "SIGTERM", small: 202, large: 202, ready: 200, check: "queues" },
  { service: "blob", signal: "SIGSTOP", small: 202, large: 503, ready: 503, check: "blobs" },
] as const;

/** Gives undefined when a host that shuts itself down was asked. */
async function unlessHostEnds<T>(service: string, request: Promise<T>): Promise<T | undefined> {
  return service === "queue" ? request.catch(() => undefined) : request;
}

interface Batch {
  readonly size: "small" | "large";
  readonly events: readonly { readonly event_id: string }[];
}

/** Small envelopes in a work item, ones of which two fill it, and large ones of which ingest makes a claim check. */
function makeBatch(minute: number): Batch {
  const [size, count, bytes] =
    minute % 10 === 3 ? (["large", 100, 4_000] as const) : (["small", 10, minute % 10 === 6 ? 2_000 : 20] as const);
  const events = Array.from({ length: count }, (_, i) => ({
    event_id: `${minute}-${i}`,
    event_type: "t",
    properties: { text: randomBytes(bytes).toString("base64") },
  }));
  return { size, events };
}

async function checksOf(): Promise<{ status: number; failing: string[] }> {
  const { status, body } = await product.request("/api/health/ready");
  const checks = body.checks as { name: string; ok: boolean }[];
  return { status, failing: checks.filter(({ ok }) => !ok).map(({ name }) => name) };
}

/** Sends as a client does: until the batch is taken. */
async function sendUntilTaken(org: TestOrg, { events }: Batch): Promise<string> {
  return until(async () => {
    const { status, body } = await org.post(events);
    if (status !== 202 && status !== 503) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
    return status === 202 ? String(body.receipt_id) : undefined;
  }, 60_000);
}

describe.each(outages)("an hour without $service ($signal)", ({ service, signal, small, large, ready, check }) => {
  it("loses nothing, poisons nothing, drains, and readiness tells the truth", { timeout: 180_000 }, async () => {
    const org = await product.makeOrg();
    const first = await org.post(makeBatch(-1).events);
    await org.settled(first.body.receipt_id);
    expect(await until(async () => ((await checksOf()).status === 200 ? "ready" : undefined))).toBe("ready");

    await stack.kill(service, signal);
    const receipts = [String(first.body.receipt_id)];
    const refused: Batch[] = [];
    const sends: Promise<void>[] = [];
    const send = async (batch: Batch): Promise<void> => {
      const began = performance.now();
      const answer = await unlessHostEnds(service, org.post(batch.events));
      if (!answer) return void refused.push(batch);
      const { status, body } = answer;
      expect(performance.now() - began).toBeLessThan(LONGEST_ANSWER_MS);
      expect([batch.size, status, body.code]).toEqual([
        batch.size,
        ...({ 202: [202, undefined], 503: [503, "stream_unavailable"] } as const)[
          batch.size === "large" ? large : small
        ],
      ]);
      if (status === 202) receipts.push(String(body.receipt_id));
      else refused.push(batch);
    };
    const askChecks = () => until(() => unlessHostEnds(service, checksOf()));
    // An answer about readiness is shared for a second.
    await until(async () => ((await askChecks()).failing.length > 0 ? true : undefined));
    for (let minute = 0; minute < MINUTES; minute += STEP) {
      // Not waited for: a service that stands still does not answer.
      void stack.clock?.advance(STEP * MINUTE);
      for (let i = 0; i < STEP; i++) sends.push(send(makeBatch(minute + i)));
      if (minute % 6 === 0) expect(await askChecks()).toEqual({ status: ready, failing: [check] });
      // The pace of the hour, not a wait for anything: the clock of the services would otherwise jump by all of it at
      // once.
      await sleep(200);
    }
    await Promise.all(sends);

    await (signal === "SIGSTOP" ? stack.kill(service, "SIGCONT") : stack.restart(service));
    expect(await until(async () => ((await askChecks()).failing.length === 0 ? "ready" : undefined))).toBe("ready");
    for (const batch of refused) receipts.push(await sendUntilTaken(org, batch));
    const drained = { draining: true };
    const hurry = (async () => {
      // Work that was put back waits for up to five minutes of the clock. The clock is moved here; the wait is below.
      for (; drained.draining; await sleep(500)) await stack.clock?.advance(MINUTE);
    })();
    try {
      for (const receipt of receipts) expect(await org.settled(receipt)).toMatchObject({ quarantined: 0 });
    } finally {
      drained.draining = false;
      await hurry;
    }
    const sent = Array.from({ length: MINUTES + 1 }, (_, i) => makeBatch(i - 1).events.length).reduce((a, b) => a + b);
    const { total } = (await org.get("/api/v1/metrics/events?interval=day")).body;
    expect(total).toBe(sent);

    const poison = new QueueClient(stack.storage.connectionString ?? "", "work-poison");
    expect((await poison.peekMessages()).peekedMessageItems).toEqual([]);
    const log = readFileSync(join(stack.stateDir, "logs/functions-host.log"), "utf8").split("\n");
    expect(log.filter((line) => /MaxDequeueCount|came to the poison queue/.test(line))).toEqual([]);
    expect((await proveAccount(accessOf(stack.env), product.cosmos.containers)).violations).toEqual([]);
  });
});
