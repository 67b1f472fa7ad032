import { decodeJwt } from "jose";
import { expect, it, onTestFinished } from "vitest";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { connectProduct } from "../support/connect-product.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

/** An instance honours another one's revocations within this. */
const HONOURED_MS = 30_000;
/** The time that a busy machine takes to ask and to answer. */
const BUSY_MS = 5_000;

it("a key, its tokens, one token or an org that one instance revokes or suspends is refused by both within 30 s, and the rest goes on", async () => {
  const { stack, product: one, end } = await startTestStack();
  onTestFinished(end);
  const two = connectProduct({ ...stack, baseUrl: await stack.startSecondHost() });
  const instances = [one, two];
  onTestFinished(() => two.close());
  const org = await one.makeOrg();
  const doomedKey = await one.identity.makeApiKey(org.orgId);
  const exchange = async (key: string, instance = two): Promise<string> => {
    const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: key });
    return String((await instance.request("/api/v1/auth/token", { method: "POST", body })).body.access_token);
  };
  const statuses = (credential: string): Promise<number[]> =>
    Promise.all(
      instances.map(async ({ request }) => {
        const headers = { authorization: `Bearer ${credential}` };
        return (await request("/api/v1/events?limit=1", { headers })).status;
      }),
    );
  const [ofDoomedKey, single, spared] = await Promise.all([
    exchange(doomedKey.key),
    exchange(org.key),
    exchange(org.key),
  ]);
  const doomed = { key: doomedKey.key, ofDoomedKey, single };
  const other = await one.makeOrg();
  const suspended = { "key of the suspended org": other.key, "its token": await exchange(other.key) };
  // Both remember all of them as good.
  for (const credential of [...Object.values(doomed), ...Object.values(suspended), spared])
    expect(await statuses(credential)).toEqual([200, 200]);

  const began = performance.now();
  for (const path of [`keys/${doomedKey.keyId}`, `tokens/${String(decodeJwt(single).jti)}`]) {
    const headers = { authorization: `Bearer ${org.key}` };
    expect((await one.request(`/api/v1/${path}`, { method: "DELETE", headers })).status).toBe(204);
  }
  const operator = { authorization: `Bearer ${readOperatorKey(stack.stateDir)}` };
  const path = `/api/v1/operator/orgs/${other.orgId}/suspend`;
  expect((await one.request(path, { method: "POST", headers: operator, body: "{}" })).status).toBe(200);
  // A token made from the old key, by the instance that has not heard yet, is not a way around it.
  const late = await exchange(doomedKey.key);
  expect(late).toMatch(/^eyJ/);
  const bothAnswer = async (wanted: number, name: string, credential: string): Promise<void> => {
    const both = async () => (await statuses(credential)).every((status) => status === wanted);
    await until(async () => ((await both()) ? true : undefined), HONOURED_MS + BUSY_MS);
    expect(performance.now() - began, name).toBeLessThan(HONOURED_MS + BUSY_MS);
  };
  await Promise.all([
    ...Object.entries({ ...doomed, late }).map(([name, credential]) => bothAnswer(401, name, credential)),
    ...Object.entries(suspended).map(([name, credential]) => bothAnswer(403, name, credential)),
  ]);
  expect(await statuses(spared)).toEqual([200, 200]);
});
