import { expect, it } from "vitest";

/** Far longer than a call takes, and far shorter than the deadlines of the adapters. */
const PATIENCE_MS = 10_000;

interface Reachable {
  check(signal: AbortSignal): Promise<void>;
}

interface ReachableUnderTest {
  open(): Promise<Reachable>;
  /** Of a service that fails every call. */
  openAway(): Promise<Reachable>;
  /** Of a service that takes calls and never answers. */
  openSilent(): Promise<Reachable>;
}

/** The behaviour of every port that tells whether its service can be reached. */
export function itChecks({ open, openAway, openSilent }: ReachableUnderTest): void {
  it("check says nothing when the service is there, and throws when it is away", async () => {
    await (await open()).check(AbortSignal.timeout(PATIENCE_MS));
    await expect((await openAway()).check(AbortSignal.timeout(PATIENCE_MS))).rejects.toThrow();
  });

  it("check ends with its signal when the service never answers", async () => {
    const silent = await openSilent();
    const started = performance.now();
    await expect(silent.check(AbortSignal.timeout(50))).rejects.toThrow();
    await expect(silent.check(AbortSignal.abort(new Error("ended before")))).rejects.toThrow();
    expect(performance.now() - started).toBeLessThan(PATIENCE_MS / 2);
  });
}
