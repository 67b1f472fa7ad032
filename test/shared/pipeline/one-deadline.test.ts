import { setTimeout as sleep } from "node:timers/promises";
import { type CosmosGate, nameOperation } from "@headrace/emulators/cosmos/gate.ts";
import { describe, expect, it, onTestFinished } from "vitest";
import { AppError } from "../../../shared/errors.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import type { EventStore } from "../../../shared/event/event-store.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { slotOf } from "../../../shared/receipt/receipt-id.ts";
import { startDeadline } from "../../../shared/runtime/deadline.ts";
import { createMemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import type { WriteResult } from "../../../shared/store/write-result.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { idsTo, makeEnvelope, makeServices } from "../../support/work-items.ts";

/** Cosmos DB as the product reaches it. Bulk requests of events wait for so many ms, or are never answered. */
async function startSlow(fate: number | "hangs" | "dropped") {
  const sent = new Set<string>();
  const bulk = { fate, requests: () => sent.size };
  const ended = Promise.withResolvers<undefined>();
  onTestFinished(() => ended.resolve(undefined));
  const enter: CosmosGate["enter"] = async (request) => {
    if (request.route.container !== "events" || nameOperation(request) !== "bulk") return undefined;
    sent.add(request.body);
    if (typeof bulk.fate === "number") return sleep(bulk.fate, undefined);
    if (bulk.fate === "dropped") return "dropped";
    await ended.promise;
    return { status: 503, headers: {}, body: "" };
  };
  const { cosmos } = await startCosmosAccount({ gate: { enter } });
  const { events, ledger } = cosmos.containers;
  const services = { events: createCosmosEventStore(events), ledger: createCosmosLedgerStore(ledger) };
  return { bulk, services: { ...makeServices(), ...services } };
}

describe("a work item with more events than there is time for", () => {
  it.each([
    ["hangs", 1_000],
    ["dropped", 60_000],
  ] as const)("is put back after the first round of requests that nobody answers: %s", async (fate, ms) => {
    const { bulk, services } = await startSlow(fate);
    const { encoded } = await makeEnvelope("a", idsTo(2_000));
    await persistWorkItem(services, encodeWorkItem(0, [encoded]), 1, silent, startDeadline(ms));
    expect(bulk.requests()).toBe(4);
    expect(services.queue.messages.map(({ text }) => decodeWorkItem(text).attempt)).toEqual([1]);
  });

  it("stores what it can in its time, is put back soon, and is done by the tries that follow", async () => {
    const { bulk, services } = await startSlow(600);
    const { encoded, receiptId } = await makeEnvelope("a", idsTo(2_000));
    const started = performance.now();
    await persistWorkItem(services, encodeWorkItem(0, [encoded]), 1, silent, startDeadline(1_500));
    expect(performance.now() - started).toBeLessThan(4_000);
    const [back] = services.queue.messages.splice(0);
    expect(decodeWorkItem(back?.text ?? "").attempt).toBe(1);
    expect(back?.delaySeconds).toBe(1);
    const before = bulk.requests();
    expect(before).toBeLessThan(20);
    bulk.fate = 0;
    await persistWorkItem(services, back?.text ?? "", 1, silent);
    expect(services.queue.messages).toEqual([]);
    // What was stored is not tried again.
    expect(bulk.requests()).toBeLessThan(20 + before);
    const entry = await services.ledger.readEntry("a", slotOf(receiptId), receiptId);
    expect(entry).toMatchObject({ outcomes: [2_000, 0, 0] });
  });

  it("is put back when no memory comes free in its time, and gives back what comes free later", async () => {
    const services = makeServices();
    const memory = createMemoryBudget(10);
    const held = await memory.take(10);
    const { encoded } = await makeEnvelope("a", ["x"]);
    await persistWorkItem({ ...services, memory }, encodeWorkItem(0, [encoded]), 1, silent, startDeadline(50));
    expect(services.queue.messages).toHaveLength(1);
    held.giveBack();
    await (await memory.take(10)).giveBack();
  });
});

describe("the delay of what is put back", () => {
  const throttled: WriteResult = { status: "unavailable", retryAfterMs: 100, reason: "429" };

  /** Takes so many events of a request, and refuses the rest. */
  function throttle(events: EventStore, room: { left: number }): EventStore {
    const create: EventStore["create"] = async (documents) => {
      const taken = documents.slice(0, room.left);
      return [...(await events.create(taken)), ...documents.slice(room.left).map(() => throttled)];
    };
    return { ...events, create };
  }

  it("grows only while nothing is settled, so that all that is paid for is used", async () => {
    const services = makeServices();
    const room = { left: 0 };
    const deps = { ...services, events: throttle(services.events, room) };
    const { encoded } = await makeEnvelope("a", idsTo(20));
    let text = encodeWorkItem(0, [encoded]);
    const delays: number[] = [];
    for (const left of [0, 0, 0, 0, 0, 0, 4, 4, 4, 0, 4, 4]) {
      room.left = left;
      await persistWorkItem(deps, text, 1, silent);
      const [back] = services.queue.messages.splice(0);
      delays.push(back?.delaySeconds ?? 0);
      text = back?.text ?? "";
    }
    for (const [i, delay] of delays.slice(0, 6).entries()) expect(delay).toBeGreaterThanOrEqual(2 ** i / 2);
    expect(delays.slice(6)).toEqual([1, 1, 1, expect.any(Number), 1, 0]);
    expect(delays[9]).toBeLessThanOrEqual(2);
    expect(services.ledger.entries()).toMatchObject([{ org_id: "a", outcomes: [20, 0, 0] }]);
  });
});

describe("work that is gone through event by event", () => {
  /** A store that counts what is under way at once. */
  function counting(services: ReturnType<typeof makeServices>, answer?: WriteResult) {
    const seen = { asked: 0, atOnce: 0, most: 0 };
    const create: EventStore["create"] = async (documents) => {
      seen.asked++;
      seen.most = Math.max(seen.most, ++seen.atOnce);
      await sleep(1);
      seen.atOnce--;
      return answer ? documents.map(() => answer) : services.events.create(documents);
    };
    return { seen, deps: { ...services, events: { ...services.events, create } } };
  }

  it("is done 20 events at a time", async () => {
    const services = makeServices();
    const { seen, deps } = counting(services);
    const { encoded } = await makeEnvelope("a", idsTo(100));
    await persistWorkItem(deps, encodeWorkItem(0, [encoded]), 5, silent);
    expect(seen).toMatchObject({ asked: 100, most: 20 });
    expect(services.ledger.entries()).toMatchObject([{ outcomes: [100, 0, 0] }]);
  });

  it("is left as soon as nobody answers, and when its time is over", async () => {
    const silence: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "no answer", isSilence: true };
    const services = makeServices();
    const { encoded } = await makeEnvelope("a", idsTo(100));
    const away = counting(services, silence);
    await persistWorkItem(away.deps, encodeWorkItem(0, [encoded]), 5, silent);
    expect(away.seen.asked).toBe(20);
    const late = counting(services);
    await persistWorkItem(late.deps, encodeWorkItem(0, [encoded]), 5, silent, startDeadline(0));
    expect(late.seen.asked).toBe(0);
    expect(services.queue.messages).toHaveLength(2);
  });
});

describe("one org's look that fails", () => {
  it("leaves only its own events open", async () => {
    const services = makeServices();
    const findOccupants: EventStore["findOccupants"] = async (orgId, ids) => {
      if (orgId === "a") throw new AppError("store_unavailable", "the store is away");
      return services.events.findOccupants(orgId, ids);
    };
    const items = await Promise.all(["a", "b"].map((org) => makeEnvelope(org, ["x"])));
    const text = encodeWorkItem(
      1,
      items.map(({ encoded }) => encoded),
    );
    await persistWorkItem({ ...services, events: { ...services.events, findOccupants } }, text, 1, silent);
    expect(services.ledger.entries().map(({ org_id }) => org_id)).toEqual(["b"]);
    expect(services.queue.messages).toHaveLength(1);
  });
});
