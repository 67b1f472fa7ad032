import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createSharedMemory,
  type MemoryShare,
  type SharedMemory,
  type SharedMemoryOptions,
} from "../../../shared/runtime/shared-memory.ts";

const MB = 1024 * 1024;
const MAX = 24 * MB;
const WAIT_MS = 2_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Until all work at hand is done. */
const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Asked {
  readonly owner: string;
  readonly bytes: number;
  /** The number of the step, and the time in ms. */
  readonly step: number;
  readonly at: number;
  granted?: number;
  refused?: number;
  share?: MemoryShare;
}

interface Step {
  readonly does: "take" | "take now" | "exchange" | "shrink" | "give back" | "wait";
  readonly owner: string;
  readonly bytes: number;
  /** Which of the shares that are held. */
  readonly which: number;
}

const steps = fc.array(
  fc.record<Step>({
    does: fc.constantFrom("take", "take", "take", "take now", "exchange", "shrink", "give back", "give back", "wait"),
    owner: fc.constantFrom("a", "b", "c"),
    bytes: fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 30 })).map((size) => size * (MB / 2)),
    which: fc.nat(20),
  }),
  { maxLength: 60, size: "max" },
);

/** Takes the steps, and looks after each whether every rule is kept. Throws when one is not. */
async function run(create: (options: SharedMemoryOptions) => SharedMemory, taken: readonly Step[]): Promise<void> {
  const memory = create({ maxBytes: MAX, waitMs: WAIT_MS });
  const asked: Asked[] = [];
  let [now, step] = [0, 0];
  const holding = (): Asked[] => asked.filter(({ share }) => share !== undefined && share.bytes > 0);
  const note = (owner: string, bytes: number): Asked => {
    const one: Asked = { owner, bytes, step, at: now };
    asked.push(one);
    return one;
  };
  const grant = (one: Asked, share: MemoryShare | undefined): void => {
    Object.assign(one, share ? { granted: step, share } : { refused: now });
  };
  const does: Record<Step["does"], (step: Step) => void> = {
    take: ({ owner, bytes }) => {
      const one = note(owner, bytes);
      void memory.take(owner, bytes).then((share) => grant(one, share));
    },
    "take now": ({ owner, bytes }) => {
      const share = memory.takeNow(owner, bytes);
      if (share) grant(note(owner, bytes), share);
    },
    exchange: ({ bytes, which }) => {
      const from = holding()[which];
      const { share } = from ?? {};
      if (!from || !share) return;
      delete from.share;
      const one = note(from.owner, bytes);
      void share.exchange(bytes).then((granted) => grant(one, granted ? share : undefined));
    },
    shrink: ({ bytes, which }) => holding()[which]?.share?.shrink(bytes),
    "give back": ({ which }) => holding()[which]?.share?.shrink(0),
    wait: ({ which }) => {
      now += which * 200;
      vi.advanceTimersByTime(which * 200);
    },
  };
  for (const one of taken) {
    step++;
    does[one.does](one);
    await settle();
    expectRules(asked, holding(), step, now);
  }
  now += WAIT_MS;
  vi.advanceTimersByTime(WAIT_MS);
  await settle();
  for (const { share } of asked) share?.shrink(0);
  await settle();
  expect(memory.takeNow("d", MAX)?.bytes).toBe(MAX);
}

function expectRules(asked: readonly Asked[], holding: readonly Asked[], step: number, now: number): void {
  const sum = (of: readonly Asked[]): number => of.reduce((total, { share }) => total + (share?.bytes ?? 0), 0);
  const waiting = asked.filter(({ granted, refused }) => granted === undefined && refused === undefined);
  const of = (owner: string, all: readonly Asked[]): Asked[] => all.filter((one) => one.owner === owner);
  expect(sum(holding) <= MAX || holding.length === 1).toBe(true);
  if (holding.length === 0) expect(waiting).toEqual([]);
  for (const owner of ["a", "b", "c"]) {
    const own = of(owner, holding);
    expect(sum(own) <= MAX / 2 || own.length === 1).toBe(true);
    const [next] = of(owner, waiting);
    // In the order of asking: nothing that was asked for later has been granted.
    if (next)
      for (const later of of(owner, asked).slice(of(owner, asked).indexOf(next))) expect(later.granted).toBe(undefined);
  }
  for (const { at, refused } of asked) {
    if (refused !== undefined) expect(refused - at).toBeGreaterThanOrEqual(WAIT_MS);
  }
  for (const { at } of waiting) expect(now - at).toBeLessThan(WAIT_MS);
  for (const one of asked.filter(({ granted }) => granted === step)) expectTurn(one, asked, holding, waiting);
}

/** Nobody gets two turns while another waits for one since its last, could have it, and needs no more room. */
function expectTurn(one: Asked, asked: readonly Asked[], holding: readonly Asked[], waiting: readonly Asked[]): void {
  const { granted: now = 0 } = one;
  for (const owner of ["a", "b", "c"].filter((other) => other !== one.owner)) {
    const first = waiting.find((other) => other.owner === owner);
    if (!first || first.bytes > one.bytes) continue;
    const own = holding.filter((other) => other.owner === owner);
    const held = own.reduce((total, { share }) => total + (share?.bytes ?? 0), 0);
    if (held > 0 && held + first.bytes > MAX / 2) continue;
    const turns = asked.filter((other) => other.owner === owner).map(({ granted = 0 }) => granted);
    const since = Math.max(first.step, ...turns);
    const earlier = asked.filter(({ owner: of, granted = 0 }) => of === one.owner && granted > since && granted < now);
    expect(earlier).toEqual([]);
  }
}

describe("memory that is shared by turns", () => {
  it("keeps every rule, whatever is taken, exchanged, shrunk, given back and waited for", async () => {
    await fc.assert(
      fc.asyncProperty(steps, (taken) => run(createSharedMemory, taken)),
      { numRuns: 300 },
    );
  });

  it.each<[string, (options: SharedMemoryOptions) => SharedMemory]>([
    ["has one line for all owners", (options) => named(createSharedMemory(options), () => "all")],
    ["lets an owner have more than half", (options) => named(createSharedMemory(options), (_, i) => String(i))],
    ["lets work wait longer", (options) => createSharedMemory({ ...options, waitMs: 2 * options.waitMs })],
    ["lets work wait less", (options) => createSharedMemory({ ...options, waitMs: options.waitMs / 2 })],
    ["has more than there is", (options) => createSharedMemory({ ...options, maxBytes: 2 * options.maxBytes })],
    ["forgets what is given back", (options) => keeping(createSharedMemory(options))],
  ])("is caught when it %s", async (_, create) => {
    const checked = await fc.check(
      fc.asyncProperty(steps, (taken) => run(create, taken)),
      { numRuns: 3_000, endOnFailure: true },
    );
    expect(checked.failed).toBe(true);
  });

  it("lets small work pass large work that waits, and leaves that the room it needs", async () => {
    const memory = createSharedMemory({ maxBytes: MAX, waitMs: WAIT_MS });
    const large = memory.takeNow("a", 20 * MB);
    const waiting = memory.take("b", 20 * MB);
    for (let i = 0; i < 4; i++) expect(memory.takeNow(`c${i}`, MB)?.bytes).toBe(MB);
    expect(memory.takeNow("d", MB)).toBe(undefined);
    large?.shrink(0);
    expect((await waiting)?.bytes).toBe(20 * MB);
  });
});

/** Whose turn it is goes by another name. */
function named(memory: SharedMemory, toName: (owner: string, i: number) => string): SharedMemory {
  let asked = 0;
  return {
    take: (owner, bytes) => memory.take(toName(owner, asked++), bytes),
    takeNow: (owner, bytes) => memory.takeNow(toName(owner, asked++), bytes),
  };
}

function keeping(memory: SharedMemory): SharedMemory {
  const keep = (share: MemoryShare | undefined): MemoryShare | undefined =>
    share && { bytes: 0, exchange: async () => true, shrink: () => undefined };
  return {
    take: async (owner, bytes) => keep(await memory.take(owner, bytes)),
    takeNow: (owner, bytes) => keep(memory.takeNow(owner, bytes)),
  };
}
