import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import {
  type ControlChange,
  type CutOff,
  cutOffKey,
  type RevocationStore,
} from "../../shared/access/revocations/revocations.ts";
import { until } from "../support/until.ts";
import { newOrg } from "./new-org.ts";

export interface RevocationStoreUnderTest {
  open(): Promise<RevocationStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<RevocationStore>;
}

const HOUR_MS = 3_600_000;

function cutOff(more: Partial<CutOff> = {}): CutOff {
  const key = `subject ${newOrg()} member:a/b?#\\ü ${randomUUID()}`;
  return { key, before: 1_700_000_000_123, expiresAt: Date.now() + HOUR_MS, ...more };
}

const cutOffsOf = (changes: readonly ControlChange[], key: string): ControlChange[] =>
  changes.filter((change) => change.kind === "cut-off" && change.key === key);
const suspensionsOf = (changes: readonly ControlChange[], orgId: string): ControlChange[] =>
  changes.filter((change) => change.kind === "suspension" && change.orgId === orgId);

/** The contract of every adapter of the revocations. */
export function describeRevocationStore(name: string, { open, openAway }: RevocationStoreUnderTest): void {
  describe(`revocation store: ${name}`, () => {
    it("gives a cut-off as it was added, and once, however often it was added", async () => {
      const store = await open();
      const added = cutOff();
      const { mark } = await store.readChanges(undefined);
      await Promise.all([store.addCutOff(added), store.addCutOff(added)]);
      await store.addCutOff(added);
      for (const from of [mark, undefined])
        expect(cutOffsOf((await store.readChanges(from)).changes, added.key)).toEqual([{ kind: "cut-off", ...added }]);
    });

    it("keeps the latest of a target's cut-offs, whatever order they came in", async () => {
      const store = await open();
      for (const times of [
        [1_000, 5_000],
        [5_000, 1_000],
      ]) {
        const { key } = cutOff();
        for (const before of times) await store.addCutOff(cutOff({ key, before }));
        expect(cutOffsOf((await store.readChanges(undefined)).changes, key)).toContainEqual(
          expect.objectContaining({ before: 5_000 }),
        );
      }
    });

    it.each(["org", "keys"] as const)(
      "keeps one cut-off of kind %s, the latest, however many there are",
      async (kind) => {
        const store = await open();
        const key = cutOffKey({ kind, orgId: newOrg() });
        for (const times of [
          [3_000, 1_000, 2_000],
          [5_000, 9_000, 7_000, 9_000],
        ]) {
          await Promise.all(times.map((before) => store.addCutOff(cutOff({ key, before }))));
          const found = cutOffsOf((await store.readChanges(undefined)).changes, key);
          expect(found).toEqual([expect.objectContaining({ before: Math.max(...times) })]);
        }
      },
    );

    it("forgets a cut-off once it has expired, never before, and no other", async () => {
      const store = await open();
      const [short, long] = [cutOff({ expiresAt: Date.now() + 900 }), cutOff()];
      await Promise.all([store.addCutOff(short), store.addCutOff(long)]);
      const changes = await until(async () => {
        const found = (await store.readChanges(undefined)).changes;
        return cutOffsOf(found, short.key).length === 0 ? found : undefined;
      });
      expect(Date.now()).toBeGreaterThanOrEqual(short.expiresAt);
      expect(cutOffsOf(changes, long.key)).toHaveLength(1);
    });

    it("gives the last state of an org's suspension, and nothing of other orgs", async () => {
      const store = await open();
      const [org, other] = [newOrg(), newOrg()];
      const { mark } = await store.readChanges(undefined);
      for (const suspended of [true, true, false, true, false]) {
        await store.setSuspended(org, suspended);
        for (const from of [mark, undefined]) {
          const { changes } = await store.readChanges(from);
          expect(suspensionsOf(changes, org)).toEqual([{ kind: "suspension", orgId: org, suspended }]);
          expect(suspensionsOf(changes, other)).toEqual([]);
        }
      }
    });

    it("from mark to mark gives every document written meanwhile", async () => {
      const store = await open();
      const added = Array.from({ length: 40 }, () => cutOff());
      const seen = new Set<string>();
      let mark: number | undefined;
      const read = async (): Promise<void> => {
        const found = await store.readChanges(mark);
        expect(found.mark).toBeGreaterThanOrEqual(mark ?? 0);
        mark = found.mark;
        for (const change of found.changes) if (change.kind === "cut-off") seen.add(change.key);
      };
      await read();
      const writing = Promise.all(added.map((one) => store.addCutOff(one)));
      for (let i = 0; i < 5; i++) await read();
      await writing;
      await read();
      expect(added.filter(({ key }) => !seen.has(key))).toEqual([]);
    });

    it("throws `store_unavailable` while the service is away", async () => {
      const store = await openAway();
      const unavailable = { code: "store_unavailable", retryAfter: expect.any(Number) };
      await expect(store.addCutOff(cutOff())).rejects.toMatchObject(unavailable);
      await expect(store.setSuspended("a", true)).rejects.toMatchObject(unavailable);
      await expect(store.readChanges(undefined)).rejects.toMatchObject(unavailable);
    });
  });
}
