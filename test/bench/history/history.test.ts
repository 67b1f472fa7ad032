import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createChecker, type HistoryReport } from "../../../bench/history/checker.ts";
import type { Step } from "../../../bench/history/step.ts";
import { doctored, LAG_MS, ORG, tellTruth } from "./doctored-histories.ts";
import { type Defect, simulateHistory } from "./simulate-history.ts";
import { createTeller, eventOf, receiptOf, settled, type Teller } from "./tell-history.ts";

function check(steps: readonly Step[], sample = 1_000): HistoryReport {
  const checker = createChecker({ lagMs: LAG_MS, sample });
  for (const step of steps) checker.take(step);
  return checker.finish();
}

function told(tell: (teller: Teller) => void): readonly Step[] {
  const teller = createTeller(ORG);
  tell(teller);
  return teller.steps;
}

describe("the history of a run", () => {
  it("that is true passes, and its readings are counted", () => {
    const readings = { receipt: 6, event: 6, metrics: 5, ledger: 1 };
    expect(check(told(tellTruth))).toEqual({ readings, violations: [] });
  });

  it.each(doctored)("is caught: $fault", ({ tell, as }) => {
    expect(check(told(tell)).violations.join("\n")).toMatch(as);
  });

  it("passes, whatever a service that is right does", () => {
    const isClean = (seed: number): void => {
      expect(check(simulateHistory(seed, LAG_MS)).violations).toEqual([]);
    };
    fc.assert(fc.property(fc.integer(), isClean), { numRuns: 200 });
  });

  it.each([
    ["no session", /and is gone|is pending|read before/],
    ["longer lag", /and is gone|is pending|read before/],
    ["lost event", /not there in the end|and is gone/],
    ["counted twice", /were sent/],
  ] as const)("of a service with the defect '%s' is caught", (defect: Defect, as) => {
    const found = Array.from({ length: 20 }, (_, seed) => check(simulateHistory(seed, LAG_MS, defect)).violations);
    expect(found.flat().join("\n")).toMatch(as);
  });

  it("is checked in a memory that does not grow with what is settled", () => {
    const checker = createChecker({ lagMs: LAG_MS, sample: 100 });
    const teller = createTeller(ORG);
    for (let n = 0; n < 5_000; n++) {
      const event = { id: `e${n}`, type: "t", cell: "t 2026-11-01" };
      teller.send([event]);
      teller.take(`r${n}`, [event]);
      teller.read(receiptOf(ORG, `r${n}`), settled(1));
    }
    for (const step of teller.steps) checker.take(step);
    for (const what of ["event", "receipt"] as const) {
      expect(checker.list(what).length).toBeGreaterThan(25);
      expect(checker.list(what).length).toBeLessThanOrEqual(100);
    }
    // What is remembered is still judged.
    const id = checker.list("event")[0]?.id ?? "";
    const at = (teller.steps.at(-1)?.at ?? 0) + LAG_MS;
    checker.take({ at, is: "asks", reading: -1, instance: 1, of: eventOf(ORG, id) });
    checker.take({ at, is: "reads", reading: -1, instance: 1, found: { what: "event", type: undefined } });
    expect(checker.finish().violations).toContain(`a: the event ${id} was read, or is settled as stored, and is gone`);
  });
});
