import { randomUUID } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { WithLease } from "../../shared/secrets/lease.ts";

export interface LeaseUnderTest {
  /** As two instances have it. */
  openTwo(): Promise<readonly [WithLease, WithLease]>;
  /** Of a service that fails every call. */
  openAway(): Promise<WithLease>;
}

/** Work under way that a test ends. */
function begin(withLease: WithLease, name: string) {
  const { promise: begun, resolve: start } = Promise.withResolvers<AbortSignal>();
  const { promise: gate, resolve: end, reject: fail } = Promise.withResolvers<string>();
  const ended = withLease(name, (signal) => {
    start(signal);
    return gate;
  });
  return { begun, ended, end, fail };
}

const newName = (): string => `test-${randomUUID()}`;
const nothing = async (): Promise<string> => "it ran";

/** The contract of every adapter of the lease. */
export function describeLease(name: string, { openTwo, openAway }: LeaseUnderTest): void {
  describe(`lease: ${name}`, () => {
    it("runs the work with a signal that has not ended, and gives its result", async () => {
      const [first] = await openTwo();
      const work = async (signal: AbortSignal) => ({ aborted: signal.aborted });
      expect(await first(newName(), work)).toEqual({ aborted: false });
    });

    it("runs nothing under a held name, on any instance, and still runs work under another", async () => {
      const [first, second] = await openTwo();
      const held = newName();
      const { begun, ended, end } = begin(first, held);
      await begun;
      for (const withLease of [first, second]) expect(await withLease(held, nothing)).toBeUndefined();
      expect(await second(newName(), nothing)).toBe("it ran");
      end("done");
      expect(await ended).toBe("done");
    });

    it("lets one of many instances run that come at once, under a name that was never used", async () => {
      const instances = await openTwo();
      const contested = newName();
      const works = Array.from({ length: 8 }, (_, i) => begin(instances[i % 2 === 0 ? 0 : 1], contested));
      await Promise.race(works.map(({ begun }) => begun));
      const losers = works.map(({ ended }) => ended);
      const { promise: sevenEnded, resolve } = Promise.withResolvers<void>();
      let left = 7;
      for (const ended of losers) void ended.then((result) => result === undefined && --left === 0 && resolve());
      await sevenEnded;
      for (const { end } of works) end("done");
      expect((await Promise.all(losers)).filter((result) => result === "done")).toHaveLength(1);
    });

    it("is free again when the work has ended, also by an error, which comes through", async () => {
      const [first, second] = await openTwo();
      const held = newName();
      const { begun, ended, fail } = begin(first, held);
      await begun;
      fail(new RangeError("the work failed"));
      await expect(ended).rejects.toThrow(new RangeError("the work failed"));
      for (const withLease of [second, first, second]) expect(await withLease(held, nothing)).toBe("it ran");
    });

    it("throws, and runs nothing, while nobody can tell who holds it", async () => {
      const away = await openAway();
      let runs = 0;
      await expect(away(newName(), async () => runs++)).rejects.toThrow();
      expect(runs).toBe(0);
    });
  });
}
