import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { headOf } from "../../../shared/envelope/frame.ts";
import { createChooseLanes } from "../../../shared/pipeline/choose-lanes.ts";
import { dispatchEnvelopes } from "../../../shared/pipeline/dispatch-envelopes.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { idsTo, makeEnvelope, makeServices } from "../../support/work-items.ts";

const sent = (orgId: string, envelopes: number, events: number) => ({ orgId, envelopes, events });

describe("the lane of an org", () => {
  it("is that for bulk while it sends far more than the others, however many they are", () => {
    const chooseLanes = createChooseLanes({ now: () => 0 });
    const calm = Array.from({ length: 30 }, (_, i) => sent(`calm-${i}`, 1, 5));
    const laneOf = chooseLanes([...calm, sent("flood", 38, 186_200)]);
    expect(laneOf("flood")).toBe("bulk");
    expect(new Set(calm.map(({ orgId }) => laneOf(orgId)))).toEqual(new Set(["work"]));
  });

  it("is that for bulk for each of several floods", () => {
    const laneOf = createChooseLanes({ now: () => 0 })([sent("a", 9, 9_000), sent("b", 9, 9_000), sent("calm", 1, 1)]);
    expect(["a", "b", "calm"].map(laneOf)).toEqual(["bulk", "bulk", "work"]);
  });

  it("is that for bulk too when it sends alone, so that whoever comes next finds the other one free", () => {
    expect(createChooseLanes({ now: () => 0 })([sent("flood", 72, 7_200)])("flood")).toBe("bulk");
  });

  it("stays the first for what a persister can take, beside nobody and beside small ones", () => {
    const chooseLanes = createChooseLanes({ now: () => 0 });
    expect(chooseLanes([sent("a", 9, 900), sent("b", 1, 1)])("a")).toBe("work");
  });

  it("stays the first where all send as much", () => {
    const all = Array.from({ length: 10 }, (_, i) => sent(`org-${i}`, 20, 4_000));
    const laneOf = createChooseLanes({ now: () => 0 })(all);
    expect(new Set(all.map(({ orgId }) => laneOf(orgId)))).toEqual(new Set(["work"]));
  });

  it("follows from about a second: many small dispatches are a flood, and a second later it is over", () => {
    let at = 0;
    const chooseLanes = createChooseLanes({ now: () => at });
    const lanes: string[] = [];
    for (let n = 0; n < 10; n++, at += 50) lanes.push(chooseLanes([sent("flood", 50, 150)])("flood"));
    expect([lanes[0], lanes.at(-1)]).toEqual(["work", "bulk"]);
    at += 1_000;
    expect(chooseLanes([sent("flood", 1, 1)])("flood")).toBe("work");
  });

  it("never makes all orgs wait in that for bulk, when there are several", () => {
    const orgs = fc.uniqueArray(
      fc.record({ orgId: fc.string({ minLength: 1 }), envelopes: fc.nat(72), events: fc.nat(1_000_000) }),
      { selector: ({ orgId }) => orgId, minLength: 2, maxLength: 40 },
    );
    fc.assert(
      fc.property(orgs, (all) => {
        const laneOf = createChooseLanes({ now: () => 0 })(all);
        expect(all.map(({ orgId }) => laneOf(orgId))).toContain("work");
      }),
    );
  });
});

describe("what is dispatched", () => {
  it("is in one lane by org, and each envelope in one work item", async () => {
    const { claims, queue } = makeServices();
    const flood = await Promise.all(Array.from({ length: 12 }, () => makeEnvelope("flood", idsTo(200))));
    const calm = await Promise.all(["a", "b"].map((org) => makeEnvelope(org, ["x"])));
    const messages = [...flood, ...calm].map(({ encoded }, i) => ({ body: encoded, source: `0/${i}` }));
    await dispatchEnvelopes({ queue, claims, chooseLanes: createChooseLanes() }, messages, silent);
    const orgs = queue.messages.flatMap(({ text, lane }) =>
      decodeWorkItem(text).frames.map((frame) => `${lane} ${headOf(frame)?.org_id}`),
    );
    expect(orgs.sort()).toEqual([...flood.map(() => "bulk flood"), "work a", "work b"]);
  });
});

describe("what is put back", () => {
  it("is in its lane at first, and from the second time on in that for bulk, which it does not leave", async () => {
    const services = makeServices();
    const create = async (documents: readonly unknown[]) =>
      documents.map(() => ({ status: "unavailable", retryAfterMs: 0, reason: "429" }) as const);
    const deps = { ...services, events: { ...services.events, create } };
    const { encoded } = await makeEnvelope("a", ["x"]);
    const lanes: (string | undefined)[] = [];
    let text = encodeWorkItem(0, [encoded]);
    for (let tries = 0; tries < 3; tries++) {
      await persistWorkItem(deps, text, 1, silent);
      const [back] = services.queue.messages.splice(0);
      lanes.push(back?.lane);
      text = back?.text ?? "";
    }
    expect(lanes).toEqual(["work", "bulk", "bulk"]);
    await persistWorkItem({ ...deps, lane: "bulk" }, encodeWorkItem(0, [encoded]), 1, silent);
    expect(services.queue.messages.map(({ lane }) => lane)).toEqual(["bulk"]);
  });
});
