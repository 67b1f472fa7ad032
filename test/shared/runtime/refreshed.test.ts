import { spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type Answer, Refreshed, type RefreshRules } from "../../../shared/runtime/refreshed.ts";

/** How long a source takes to give up by itself. */
const DEADLINE_MS = 20_000;
const TICK_MS = 1_000;
const DAY_MS = 86_400_000;

/** Date is the wall clock, which is set forward and back; timers and `performance` follow real time. */
const startTime = (): void => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date", "performance"] });
const pass = async (ms: number): Promise<void> => void (await vi.advanceTimersByTimeAsync(ms));

beforeEach(startTime);
afterEach(() => void vi.useRealTimers());

/** When something was asked: by the time that really passes, by the clock, and how far back that had been set. */
interface Moment {
  readonly real: number;
  readonly wall: number;
  readonly setBackMs: number;
}

type Behaviour = "answers" | "fails" | "hangs";

/** A source, and what can be seen of it from outside. */
class World {
  behaviour: Behaviour = "answers";
  latencyMs = 0;
  setBackMs = 0;
  asking = 0;
  mostAsking = 0;
  asked = 0;
  failures = 0;
  failedAt = Number.NEGATIVE_INFINITY;
  /** It failed, or somebody waited in vain, and it has not answered since. */
  away = false;
  last: Moment | undefined;
  expiredAt = Number.NEGATIVE_INFINITY;

  now(): Moment {
    return { real: performance.now(), wall: Date.now(), setBackMs: this.setBackMs };
  }

  setClock(byMs: number): void {
    vi.setSystemTime(Date.now() + byMs);
    this.setBackMs += Math.max(0, -byMs);
    // By the clock, its failure is as long ago as the clock says.
    this.failedAt = Number.NEGATIVE_INFINITY;
  }

  expire(refreshed: Refreshed<Moment>): void {
    refreshed.expire();
    this.expiredAt = performance.now();
  }

  /** How long somebody waited: in vain, when it is still being asked. */
  noteWait(began: number, { waitMs }: Rules): number {
    const waited = performance.now() - began;
    if (waited >= waitMs && this.asking > 0) this.away = true;
    return waited;
  }

  readonly source = async (): Promise<Moment> => {
    this.asking++;
    this.asked++;
    this.mostAsking = Math.max(this.mostAsking, this.asking);
    const { behaviour, latencyMs } = this;
    const moment = this.now();
    const takesMs = behaviour === "hangs" ? DEADLINE_MS : latencyMs;
    await (takesMs > 0 ? new Promise((resolve) => setTimeout(resolve, takesMs)) : undefined);
    this.asking--;
    this.away = behaviour !== "answers";
    if (this.away) {
      this.failures++;
      this.failedAt = performance.now();
      throw new Error("the source is away");
    }
    this.last = moment;
    return moment;
  };

  /** The answers that may be given at this moment. */
  isGood({ goodMs = Number.POSITIVE_INFINITY }: RefreshRules): boolean {
    return this.last !== undefined && Math.abs(Date.now() - this.last.wall) < goodMs;
  }

  /**
   * While a source is away, or hangs, callers who can be given an answer do not wait; the others wait one at a time.
   */
  mayWait(rules: RefreshRules): boolean {
    const { last, asking, expiredAt } = this;
    const isExpired = last !== undefined && last.real <= expiredAt;
    return this.isGood(rules) ? !this.away && (asking === 0 || isExpired) : !this.away || asking === 0;
  }

  mayAsk({ restMs = 0 }: RefreshRules): boolean {
    return !this.away || performance.now() - this.failedAt >= restMs;
  }
}

const seconds = (min: number, max: number): fc.Arbitrary<number> => fc.integer({ min, max }).map((s) => s * 1_000);
const rulesOf = fc
  .record({
    ...{ refreshMs: seconds(5, 30), laterMs: seconds(0, 30), waitMs: seconds(1, 5), restMs: seconds(0, 4) },
    ...{ bounded: fc.boolean(), byTimer: fc.boolean() },
  })
  .map(({ laterMs, bounded, ...rules }) => {
    const staleMs = rules.refreshMs + laterMs;
    return { ...rules, staleMs, goodMs: bounded ? staleMs : Number.POSITIVE_INFINITY, now: () => Date.now() };
  });
type Rules = Required<RefreshRules>;

type How = "current" | "together" | "briefly" | "again";
type Step =
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "set clock"; readonly ms: number }
  | { readonly kind: "source"; readonly behaviour: Behaviour; readonly latencyMs: number }
  | { readonly kind: "use"; readonly callers: number; readonly how: How }
  | { readonly kind: "expire" };

const kind = <K extends Step["kind"]>(name: K): fc.Arbitrary<K> => fc.constant(name);
const passed = fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 0, max: 40_000 }));
const jumped = fc.oneof(fc.integer({ min: -60_000, max: 60_000 }), fc.constantFrom(-DAY_MS, -1, 1, DAY_MS));
const latency = fc.constantFrom(0, 10, 900, 3_000, 8_000);
const behaviour = fc.constantFrom<Behaviour[]>("answers", "fails", "hangs");
const how = fc.constantFrom<How[]>("current", "current", "together", "briefly", "again");
const stepOf: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: kind("pass"), ms: passed }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("set clock"), ms: jumped }) },
  { weight: 3, arbitrary: fc.record({ kind: kind("source"), behaviour, latencyMs: latency }) },
  { weight: 6, arbitrary: fc.record({ kind: kind("use"), callers: fc.integer({ min: 1, max: 4 }), how }) },
  { weight: 2, arbitrary: fc.record({ kind: kind("expire") }) },
);

/** Nobody waits longer than the bound, or without need; each answer and refusal follows the rules. */
async function callCurrent(world: World, refreshed: Refreshed<Moment>, rules: Rules): Promise<void> {
  const { asked, failures, asking, away, expiredAt, last } = world;
  const { real: began } = world.now();
  const mayWait = world.mayWait(rules);
  const mayAsk = world.mayAsk(rules);
  const good = world.isGood(rules);
  const answering = refreshed.current();
  if (!mayAsk) expect(world.asked, "questions to a source that failed a moment ago").toBe(asked);
  const answer = await answering;
  const waited = world.noteWait(began, rules);
  expect(waited, "waited").toBeLessThanOrEqual(mayWait ? rules.waitMs : 0);
  if (answer === undefined)
    return expect(answering === undefined ? good : world.isGood(rules), "was refused a good answer").toBe(false);
  const { real, setBackMs } = answer.value;
  expect(performance.now() - real, "age").toBeLessThan(rules.goodMs + world.setBackMs - setBackMs);
  const inVain = away || asking > 0 || waited >= rules.waitMs || world.failures > failures;
  if (last && last.real < expiredAt && !inVain) expect(real, "asked").toBeGreaterThanOrEqual(expiredAt);
}

type Call = (world: World, refreshed: Refreshed<Moment>, rules: Rules) => Promise<void>;

/** A caller who wants it asked for, whatever answer there is. */
const callWith =
  (ask: (refreshed: Refreshed<Moment>, rules: Rules) => Promise<unknown>): Call =>
  async (world, refreshed, rules) => {
    const { asked, asking } = world;
    const { real: began } = world.now();
    const answering = ask(refreshed, rules);
    expect(world.asked - asked, "new questions").toBe(asking > 0 ? 0 : 1);
    await answering.catch(() => undefined);
    expect(world.noteWait(began, rules), "waited").toBeLessThanOrEqual(rules.waitMs);
  };

const callers: Readonly<Record<How, Call>> = {
  current: callCurrent,
  together: callWith((refreshed) => refreshed.askTogether()),
  briefly: callWith((refreshed, { waitMs }) => refreshed.askBriefly(waitMs)),
  again: callWith((refreshed) => refreshed.lookAgain(0)),
};

async function live(world: World, refreshed: Refreshed<Moment>, rules: Rules, steps: readonly Step[]): Promise<void> {
  const calls: Promise<PromiseSettledResult<void>[]>[] = [];
  for (const step of steps) {
    if (step.kind === "pass") await pass(step.ms);
    else if (step.kind === "set clock") world.setClock(step.ms);
    else if (step.kind === "source") Object.assign(world, step);
    else if (step.kind === "expire") world.expire(refreshed);
    else {
      const call = () => callers[step.how](world, refreshed, rules);
      calls.push(Promise.allSettled(Array.from({ length: step.callers }, call)));
    }
    await pass(0);
  }
  Object.assign(world, { behaviour: "answers", latencyMs: 0 });
  // Earlier requests meet a source that is away, or slow, until then.
  await pass(DEADLINE_MS);
  for (const call of (await Promise.all(calls)).flat()) if (call.status === "rejected") throw call.reason;
}

const ageOf = (answer: Answer<Moment> | undefined): number =>
  performance.now() - (answer?.value.real ?? Number.NEGATIVE_INFINITY);

describe("an answer that is refreshed", () => {
  it("keeps its bounds and is fresh again soon, whatever its source, its callers and the clock do", async () => {
    await fc.assert(
      fc.asyncProperty(rulesOf, fc.array(stepOf, { minLength: 1, maxLength: 40 }), async (rules, steps) => {
        startTime();
        const world = new World();
        const refreshed = new Refreshed(world.source, rules);
        await live(world, refreshed, rules, steps);
        const byItself = rules.byTimer && refreshed.held !== undefined;
        for (let ms = 0; ms <= rules.restMs + rules.refreshMs; ms += TICK_MS) {
          if (!byItself) await callCurrent(world, refreshed, rules);
          await pass(TICK_MS);
        }
        expect(ageOf(refreshed.held), "age").toBeLessThanOrEqual(rules.refreshMs + TICK_MS);
        expect(world.mostAsking, "questions at once").toBe(1);
        expect(vi.getTimerCount(), "timers").toBe(rules.byTimer ? 1 : 0);
      }),
      { numRuns: 1_500 },
    );
  });

  it("is waited for together, counted from the first caller, and taken when it comes after that", async () => {
    const world = new World();
    const refreshed = new Refreshed(world.source, { waitMs: 2_000 });
    world.latencyMs = 5_000;
    const wait = async (): Promise<[string, number]> => {
      const began = performance.now();
      const how = await refreshed.askTogether().then(
        () => "came",
        (error: Error) => error.message,
      );
      return [how, performance.now() - began];
    };
    const first = wait();
    await pass(1_500);
    const second = wait();
    await pass(2_000);
    const late = "no answer within 2000 ms";
    expect(await Promise.all([first, second, wait()])).toEqual([
      [late, 2_000],
      [late, 500],
      [late, 0],
    ]);
    expect(refreshed.held).toBeUndefined();
    await pass(1_500);
    expect(refreshed.held?.value.real).toBe(world.last?.real);
    expect(world.asked).toBe(1);
  });

  it.each([
    ["set forward is old, as after sleep: it is waited for, and given only within its bound", DAY_MS, 2_000],
    ["set back by more than its bound is as old as that, for nobody can tell", -DAY_MS, 2_000],
    ["set back by less is asked for at once, and nobody waits", -1, 0],
  ])("by a clock that is %s", async (_title, byMs, waitsMs) => {
    const rules = { refreshMs: 10_000, staleMs: 25_000, goodMs: 25_000, waitMs: 2_000 };
    const world = new World();
    const refreshed = new Refreshed(world.source, rules);
    await refreshed.current();
    world.setClock(byMs);
    world.behaviour = "hangs";
    const began = performance.now();
    const answering = Promise.resolve(refreshed.current()).then((answer) => [answer, performance.now() - began]);
    expect(world.asked).toBe(2);
    await pass(2_000);
    expect(await answering).toEqual([waitsMs === 0 ? refreshed.held : undefined, waitsMs]);
  });

  it("keeps no process alive by its timer", async () => {
    vi.useRealTimers();
    const script = `
      import { Refreshed } from ${JSON.stringify(new URL("../../../shared/runtime/refreshed.ts", import.meta.url))};
      await new Refreshed(async () => 1, { refreshMs: 3_600_000, byTimer: true }).ask();
    `;
    const child = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: "inherit" });
    expect(await once(child, "exit")).toEqual([0, null]);
  });
});
