import { expect, it } from "vitest";
import { claimName } from "../../../shared/envelope/claim-store.ts";
import { decodeFrame, encodeFrame } from "../../../shared/envelope/frame.ts";
import type { EntryStep, LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { slotOf } from "../../../shared/receipt/receipt-id.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { makeEnvelope, makeServices } from "../../support/work-items.ts";

/** Envelopes of an org whose receipts are of one slot. */
async function makeOfOneSlot(orgId: string, count: number): Promise<Awaited<ReturnType<typeof makeEnvelope>>[]> {
  const bySlot = new Map<string, Awaited<ReturnType<typeof makeEnvelope>>[]>();
  for (let i = 0; ; i++) {
    const made = await makeEnvelope(orgId, [`${orgId} ${i}`]);
    const slot = slotOf(made.receiptId);
    const all = [...(bySlot.get(slot) ?? []), made];
    if (all.length === count) return all;
    bySlot.set(slot, all);
  }
}

const itemOf = (envelopes: readonly { readonly encoded: Buffer }[]): string =>
  encodeWorkItem(
    0,
    envelopes.map(({ encoded }) => encoded),
  );

function watchSteps(services: ReturnType<typeof makeServices>) {
  const steps: EntryStep[] = [];
  const createEntries: LedgerStore["createEntries"] = (step) => {
    steps.push(step);
    return services.ledger.createEntries(step);
  };
  return { steps, deps: { ...services, ledger: { ...services.ledger, createEntries } } };
}

it.each([1, 5])(
  "envelopes of one slot are closed together at the first try, and each alone at the 5th: %i",
  async (tries) => {
    const services = makeServices();
    const { steps, deps } = watchSteps(services);
    const envelopes = [...(await makeOfOneSlot("a", 3)), ...(await makeOfOneSlot("b", 2))];
    await persistWorkItem(deps, itemOf(envelopes), tries, silent);
    const sizes = steps.map(({ entries }) => entries.length);
    expect(sizes).toEqual(tries === 1 ? [3, 2] : [1, 1, 1, 1, 1]);
    expect(services.ledger.entries()).toHaveLength(5);
    expect(services.queue.messages).toEqual([]);
  },
);

it("a slot whose entries cannot be written leaves its own envelopes open, keeps their claim checks, and no others", async () => {
  const services = makeServices();
  const [one, two] = await makeOfOneSlot("a", 2);
  const [other] = await makeOfOneSlot("b", 1);
  if (!one || !two || !other) throw new Error("they were made");
  const frame = decodeFrame(two.encoded);
  if (!("head" in frame)) throw new Error("it has a head");
  const blob = claimName("a", two.receiptId);
  await services.claims.put(blob, two.encoded);
  const claim = { encoded: encodeFrame({ kind: "claim", head: frame.head, blob }) };
  const createEntries: LedgerStore["createEntries"] = async (step) =>
    step.orgId === "a"
      ? { status: "unavailable", retryAfterMs: 3_000, reason: "throttled" }
      : services.ledger.createEntries(step);
  const ledger = { ...services.ledger, createEntries };
  await persistWorkItem({ ...services, ledger }, itemOf([one, claim, other]), 1, silent);
  expect(services.ledger.entries()).toMatchObject([{ org_id: "b" }]);
  const [back, ...more] = services.queue.messages.splice(0);
  expect([decodeWorkItem(back?.text ?? "").frames.length, back?.delaySeconds, more]).toEqual([2, 3, []]);
  expect(await services.claims.get(blob)).toBeDefined();

  await persistWorkItem(services, back?.text ?? "", 1, silent);
  expect(services.ledger.entries()).toHaveLength(3);
  expect(await services.claims.get(blob)).toBeUndefined();
});

it("the slots of closed envelopes are drawn for a merge each, after what is left was put back", async () => {
  const services = makeServices();
  const envelopes = [...(await makeOfOneSlot("a", 2)), ...(await makeOfOneSlot("b", 1))];
  const order: string[] = [];
  const { ledger, queue } = services;
  const deps = {
    ...services,
    merging: { random: () => 0 },
    queue: {
      ...queue,
      put: async () => void order.push("put back"),
    },
    ledger: {
      ...ledger,
      createEntries: async (step: EntryStep) =>
        step.orgId === "b"
          ? ({ status: "unavailable", retryAfterMs: 0, reason: "" } as const)
          : ledger.createEntries(step),
      readHead: (orgId: string, slot: string) => {
        order.push(`merge ${orgId}`);
        return ledger.readHead(orgId, slot);
      },
    },
  };
  await persistWorkItem(deps, itemOf(envelopes), 1, silent);
  expect(order).toEqual(["put back", "merge a"]);
  expect([ledger.deltas(), ledger.sums()]).toMatchObject([[], [{ kind: "head", m: 2 }]]);
});
