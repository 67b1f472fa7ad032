import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createCountUse } from "../../../shared/operator/version-use.ts";
import { createMemoryVersionUse } from "../../support/memory-version-use.ts";

const START = Date.parse("2026-11-30T23:50:00Z");
const EVERY_MS = 15 * 60_000;

beforeEach(() => void vi.useFakeTimers({ now: START }));
afterEach(() => void vi.useRealTimers());

const start = () => {
  const store = createMemoryVersionUse();
  return { store, count: createCountUse(store, { now: Date.now }) };
};
const passOn = (ms: number) => vi.advanceTimersByTimeAsync(ms);

it("the first request is written at once, and what follows once in a quarter of an hour", async () => {
  const { store, count } = start();
  for (let i = 0; i < 1_000; i++) count("query-events", "acme");
  expect(store.writes).toBe(1);
  expect(await store.list()).toMatchObject([{ months: { "2026-11": 1 } }]);
  await passOn(EVERY_MS);
  expect(store.writes).toBe(2);
  expect(await store.list()).toEqual([
    { route: "query-events", orgId: "acme", lastUsedOn: "2026-11-30", months: { "2026-11": 1_000 } },
  ]);
});

it("each route and each org is counted by itself, and one that rests costs nothing", async () => {
  const { store, count } = start();
  for (const org of ["acme", "other", null])
    for (const route of ["query-events", "read-event"] as const) count(route, org);
  expect(store.writes).toBe(6);
  await passOn(10 * EVERY_MS);
  expect([store.writes, vi.getTimerCount()]).toEqual([6, 0]);
  count("read-event", "acme");
  expect(store.writes).toBe(7);
});

it("a request counts in its own month, and its day is the last one", async () => {
  const { store, count } = start();
  count("query-events", "acme");
  await passOn(11 * 60_000);
  count("query-events", "acme");
  await passOn(EVERY_MS);
  expect(await store.list()).toMatchObject([{ lastUsedOn: "2026-12-01", months: { "2026-11": 1, "2026-12": 1 } }]);
});

it("what a store that is away does not take is written later, and costs no more writes", async () => {
  const { store, count } = start();
  store.away = true;
  for (let i = 0; i < 5; i++) count("query-events", "acme");
  await passOn(EVERY_MS);
  expect(store.writes).toBe(2);
  store.away = false;
  await passOn(EVERY_MS);
  expect(store.writes).toBe(3);
  expect(await store.list()).toMatchObject([{ months: { "2026-11": 5 } }]);
});
