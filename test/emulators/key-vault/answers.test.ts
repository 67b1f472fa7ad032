import { expect, test } from "vitest";
import type { KeyVaultGate } from "../../../local/emulators/key-vault/dispatch.ts";
import type { HttpAnswer } from "../../../local/emulators/kit/serve-http.ts";
import { createKeyVaultSecretVault } from "../../../shared/secrets/key-vault-secret-vault.ts";
import { createCredential } from "../../../shared/store/credential.ts";
import { startWorld } from "./support.ts";

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
  const vault = createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, createCredential(undefined));
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
])("a vault that %s once is asked again, but for a new version, which could be there twice", async (_what, answer) => {
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
});

const headers = { "content-type": "application/json; charset=utf-8" };
test.each([
  ["never answers", "never"],
  ["wants to be asked in an hour", later(3_600)],
  ["fails and fails", { status: 503, body: "" }],
  ["gives half an answer", { status: 200, headers, body: '{"value":[{"id":"https://127.0.0.1/secrets/k/' }],
  ["gives a page of a proxy", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Sign in</h1>" }],
] as const)(
  "a vault that %s is given up within 11 s, and is no empty vault",
  async (_what, answer) => {
    const { vault } = await startVault(() => answer);
    const begun = performance.now();
    const asked = [
      vault.listVersions("k"),
      vault.readValue("k", "0".repeat(32)),
      vault.addVersion("k", "v", { notBefore: 0 }),
      vault.changeVersion("k", "0".repeat(32), { enabled: false }),
    ];
    const statuses = (await Promise.allSettled(asked)).map(({ status }) => status);
    // Half a change may be done: it is looked at again. What was not read must not look like nothing.
    expect(statuses.slice(0, 3)).toEqual(["rejected", "rejected", "rejected"]);
    expect(performance.now() - begun).toBeLessThan(11_500);
  },
  20_000,
);

test("a managed identity that never answers is given up as well, whatever it makes of a signal", async () => {
  const { endpoint } = await startWorld();
  const credential = { getToken: () => new Promise<never>(() => undefined) };
  const vault = createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, credential);
  await expect(vault.listVersions("k")).rejects.toThrow("no answer within 10000 ms");
}, 20_000);

test("the error of a deleted secret says what to do", async () => {
  const { vault, client } = await startVault(() => undefined);
  await client.setSecret("k", "v");
  await (await client.beginDeleteSecret("k")).pollUntilDone();
  expect(await vault.listVersions("k")).toEqual([]);
  await expect(vault.addVersion("k", "v", { notBefore: 0 })).rejects.toThrow("recover it");
});
