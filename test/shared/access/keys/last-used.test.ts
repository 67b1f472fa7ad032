import { expect, it } from "vitest";
import type { StoredApiKey } from "../../../../shared/access/keys/identity-store.ts";
import { createNoteKeyUse } from "../../../../shared/access/keys/last-used.ts";

const MINUTE_MS = 60_000;
const MIDNIGHT = Date.UTC(2026, 10, 29);
const [BEFORE, YESTERDAY, TODAY] = ["2026-11-27", "2026-11-28", "2026-11-29"];

function startInstance() {
  const clock = { now: MIDNIGHT };
  const noted: { readonly keyId: string; readonly day: string; readonly at: number }[] = [];
  const store = {
    noteKeyUse: async (_orgId: string, keyId: string, day: string) => void noted.push({ keyId, day, at: clock.now }),
  };
  const use = createNoteKeyUse(store, { now: () => clock.now });
  const keyOf = (i: number): StoredApiKey => ({ orgId: "acme", keyId: `k${i}`, hash: "h", scopes: [] });
  return { clock, noted, use: (i: number) => use(keyOf(i)) };
}

it("keys that are in use all the time are noted once a day, spread over the first hour and not all at midnight", () => {
  const { clock, noted, use } = startInstance();
  clock.now = MIDNIGHT - MINUTE_MS;
  for (let i = 0; i < 600; i++) use(i);
  expect(noted.splice(0).map(({ day }) => day)).toEqual(Array.from({ length: 600 }, () => YESTERDAY));
  for (let minute = 0; minute <= 60; minute++) {
    clock.now = MIDNIGHT + minute * MINUTE_MS;
    for (let i = 0; i < 600; i++) use(i);
  }
  expect(noted).toHaveLength(600);
  expect(new Set(noted.map(({ day }) => day))).toEqual(new Set([TODAY]));
  const perMinute = Array.from({ length: 61 }, (_, minute) => {
    return noted.filter(({ at }) => at === MIDNIGHT + minute * MINUTE_MS).length;
  });
  // 10 a minute on average.
  expect(Math.max(...perMinute)).toBeLessThan(40);
  expect(perMinute.filter((count) => count > 0).length).toBeGreaterThan(50);
});

it("a key that was not used the day before is noted at once, also a minute past midnight", () => {
  const { clock, noted, use } = startInstance();
  clock.now = MIDNIGHT - 36 * 60 * MINUTE_MS;
  for (let i = 0; i < 25; i++) use(i);
  clock.now = MIDNIGHT + MINUTE_MS;
  for (let again = 0; again < 2; again++) for (let i = 0; i < 50; i++) use(i);
  expect(noted.map(({ day }) => day)).toEqual([
    ...Array.from({ length: 25 }, () => BEFORE),
    ...Array.from({ length: 50 }, () => TODAY),
  ]);
});
