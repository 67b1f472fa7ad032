import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createMemoryBudget, type MemoryLease } from "../../../shared/runtime/memory-budget.ts";

/** Whether a promise has ended by the time that all work at hand is done. */
async function isThrough(promise: Promise<unknown>): Promise<boolean> {
  let through = false;
  void promise.then(() => {
    through = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return through;
}

describe("a budget of memory", () => {
  it("lets work through that fits, in the order of asking, and the next when something is given back", async () => {
    const budget = createMemoryBudget(10);
    const first = await budget.take(6);
    const second = budget.take(6);
    const third = budget.take(1);
    expect(await isThrough(second)).toBe(false);
    expect(await isThrough(third)).toBe(false);
    first.giveBack();
    expect((await second).bytes).toBe(6);
    expect((await third).bytes).toBe(1);
  });

  it("lets work through alone that is larger than the whole", async () => {
    const budget = createMemoryBudget(10);
    const small = await budget.take(1);
    const large = budget.take(100);
    expect(await isThrough(large)).toBe(false);
    small.giveBack();
    const next = budget.take(1);
    expect((await large).bytes).toBe(100);
    expect(await isThrough(next)).toBe(false);
    (await large).giveBack();
    expect((await next).bytes).toBe(1);
  });

  it("lets small work pass large work that waits, and leaves that the room it needs", async () => {
    const MB = 1024 * 1024;
    const budget = createMemoryBudget(24 * MB);
    const large = await budget.take(20 * MB);
    const waiting = budget.take(20 * MB);
    const small = await Promise.all(Array.from({ length: 4 }, () => budget.take(MB)));
    const fifth = budget.take(MB);
    expect(await isThrough(waiting)).toBe(false);
    expect(await isThrough(fifth)).toBe(false);
    large.giveBack();
    expect((await waiting).bytes).toBe(20 * MB);
    expect(await isThrough(fifth)).toBe(false);
    small[0]?.giveBack();
    expect((await fifth).bytes).toBe(MB);
  });

  it("holds no more than the whole, or one lease alone, whatever is taken and given back", async () => {
    const step = fc.record({
      bytes: fc.nat(15),
      next: fc.constantFrom("keep", "give back", "give back twice"),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const budget = createMemoryBudget(10);
        const held: MemoryLease[] = [];
        const works = steps.map(async ({ bytes, next }) => {
          const lease = await budget.take(bytes);
          held.push(lease);
          const holding = held.filter((one) => one.bytes > 0);
          const sum = holding.reduce((total, one) => total + one.bytes, 0);
          expect(sum <= 10 || holding.length === 1).toBe(true);
          if (next !== "keep") lease.giveBack();
          if (next === "give back twice") lease.giveBack();
        });
        for (let turn = 0; turn <= steps.length; turn++) {
          await new Promise((resolve) => setImmediate(resolve));
          for (const lease of held) lease.giveBack();
        }
        await Promise.all(works);
        expect((await budget.take(10)).bytes).toBe(10);
      }),
      { numRuns: 200 },
    );
  });
});
