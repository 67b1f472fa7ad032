import { decodeJwt } from "jose";
import { expect, onTestFinished, test } from "vitest";
import type { IdentityFault } from "../../../local/emulators/managed-identity/faults.ts";
import { startManagedIdentity } from "../../../local/emulators/managed-identity/server.ts";
import { findSurroundings } from "../key-vault/support.ts";

const STORAGE = "https://storage.azure.com";

/** An endpoint with one fault after another; then all is well. */
async function startFaulty(...faults: IdentityFault[]) {
  const { keys } = await findSurroundings();
  const identity = await startManagedIdentity({ port: 0, keys, header: "first", drawFault: () => faults.shift() });
  onTestFinished(() => identity.close());
  const ask = (header = "first", signal?: AbortSignal): Promise<Response> => {
    const url = `${identity.endpoint}?api-version=2019-08-01&resource=${STORAGE}`;
    return fetch(url, { headers: { "x-identity-header": header }, ...(signal && { signal }) });
  };
  return { identity, ask };
}

const claimsOf = async (response: Response) => {
  const { access_token, resource } = (await response.json()) as { access_token: string; resource: string };
  const { aud, exp = 0 } = decodeJwt(access_token);
  return { aud, resource, secondsLeft: Math.round(exp - Date.now() / 1000) };
};

test("a request that is swallowed gets no answer, and the next one does", async () => {
  const { ask } = await startFaulty("hang");
  await expect(ask("first", AbortSignal.timeout(300))).rejects.toThrow("timeout");
  expect((await ask()).status).toBe(200);
});

test.each([
  ["unavailable", 500, "application/json", /unexpected error/],
  ["html", 200, "text/html", /^<html>/],
  ["nothing", 200, null, /^$/],
] as const)("`%s` is an answer without a token", async (fault, status, type, body) => {
  const { ask } = await startFaulty(fault);
  const response = await ask();
  expect([response.status, response.headers.get("content-type")?.split(";")[0] ?? null]).toEqual([status, type]);
  expect(await response.text()).toMatch(body);
});

test("tokens of another resource, expired ones and those that end soon look like good ones", async () => {
  const { ask } = await startFaulty("other-resource", "expired", "short");
  expect(await claimsOf(await ask())).toMatchObject({ aud: "https://vault.azure.net", resource: STORAGE });
  expect((await claimsOf(await ask())).secondsLeft).toBeLessThan(-50);
  const left = (await claimsOf(await ask())).secondsLeft;
  expect([left > 50, left <= 60]).toEqual([true, true]);
});

test("from a rotation on the old header is refused, and the new one is taken", async () => {
  const { identity, ask } = await startFaulty();
  identity.rotateHeader("second");
  expect([(await ask()).status, (await ask("second")).status]).toEqual([401, 200]);
});
