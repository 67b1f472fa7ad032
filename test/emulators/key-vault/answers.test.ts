import { expect, onTestFinished, test, vi } from "vitest";
import type { KeyVaultGate } from "../../../local/emulators/key-vault/dispatch.ts";
import type { HttpAnswer } from "../../../local/emulators/kit/serve-http.ts";
import { createKeyVaultSecretVault } from "../../../shared/secrets/key-vault-secret-vault.ts";
import { createTestCredential, startWorld } from "./support.ts";

const realSetTimeout = setTimeout;
const pause = (): Promise<void> => new Promise((resolve) => void realSetTimeout(resolve, 5));

/** From here on, waiting in this process goes by a clock that `endByClock` moves. Answers take real time. */
function stopClock(): void {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
}

/**
 * Moves the clock on, 20 times as fast as time goes, until the work has ended. Gives the milliseconds that it took by
 * the clock.
 */
async function endByClock(work: Promise<unknown>): Promise<number> {
  let ended = false;
  const end = (): void => {
    ended = true;
  };
  void work.then(end, end);
  let ms = 0;
  for (; !ended; ms += 100) {
    await vi.advanceTimersByTimeAsync(100);
    await pause();
  }
  return ms;
}

/** The product's vault, and a Key Vault whose answers `behave` may replace; those of the challenge aside. */
async function startVault(behave: () => HttpAnswer | "never" | undefined) {
  let requests = 0;
  const gate: KeyVaultGate = {
    enter: async ({ headers }) => {
      if (headers.authorization === undefined) return undefined;
      requests++;
      const answer = behave();
      return answer === "never" ? new Promise(() => undefined) : answer;
    },
  };
  const { endpoint, client } = await startWorld({ gate });
  const vault = createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, createTestCredential());
  return { vault, client, requests: () => requests };
}

const later = (seconds: number): HttpAnswer => ({
  status: 429,
  headers: { "retry-after": String(seconds), "content-type": "application/json" },
  body: '{"error":{"code":"Throttled","message":"too many requests"}}',
});

test.each([
  ["throttles", later(1)],
  ["fails", { status: 500, body: '{"error":{"code":"InternalServerError","message":"x"}}' }],
])(
  "a vault that %s once is asked again, except for a new version, which could be made twice",
  async (_what, answer) => {
    let bad = true;
    const { vault, requests } = await startVault(() => {
      if (!bad) return undefined;
      bad = false;
      return answer;
    });
    expect(await vault.listVersions("k")).toEqual([]);
    expect(requests()).toBe(2);
    bad = true;
    await expect(vault.addVersion("k", "v", { notBefore: 0 })).rejects.toThrow();
    expect(requests()).toBe(3);
    expect(await vault.listVersions("k")).toEqual([]);
  },
);

const headers = { "content-type": "application/json; charset=utf-8" };
test.each([
  ["never answers", "never"],
  ["wants to be asked in an hour", later(3_600)],
  ["fails and fails", { status: 503, body: "" }],
  ["gives half an answer", { status: 200, headers, body: '{"value":[{"id":"https://127.0.0.1/secrets/k/' }],
  ["gives a page of a proxy", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }],
] as const)("a vault that %s is given up within 11 s, and is not taken for an empty vault", async (_what, answer) => {
  const { vault, requests } = await startVault(() => answer);
  stopClock();
  const asked = Promise.allSettled([
    vault.listVersions("k"),
    vault.readValue("k", "0".repeat(32)),
    vault.addVersion("k", "v", { notBefore: 0 }),
    vault.changeVersion("k", "0".repeat(32), { enabled: false }),
  ]);
  while (requests() === 0) await pause();
  expect(await endByClock(asked)).toBeLessThan(11_500);
  // Half a change may be done, so it is looked at again. A failed read must not look like an empty one.
  const statuses = (await asked).map(({ status }) => status);
  expect(statuses.slice(0, 3)).toEqual(["rejected", "rejected", "rejected"]);
});

test("a managed identity that never answers is given up as well, even if it ignores the signal", async () => {
  const { endpoint } = await startWorld();
  const credential = { getToken: () => new Promise<never>(() => undefined) };
  const vault = createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, credential);
  stopClock();
  const asked = vault.listVersions("k");
  const refused = expect(asked).rejects.toThrow("no answer within 10000 ms");
  expect(await endByClock(asked)).toBeLessThan(11_500);
  await refused;
});

test("the error of a deleted secret says what to do", async () => {
  const { vault, client } = await startVault(() => undefined);
  await client.setSecret("k", "v");
  await (await client.beginDeleteSecret("k")).pollUntilDone();
  expect(await vault.listVersions("k")).toEqual([]);
  await expect(vault.addVersion("k", "v", { notBefore: 0 })).rejects.toThrow("recover it");
});
