import { decodeProtectedHeader } from "jose";
import { expect, it, onTestFinished } from "vitest";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { connectProduct, type Json } from "../support/connect-product.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

it("after a leak every instance refuses the old keys' signatures within 30 s, and clients go on with new tokens", async () => {
  const { stack, product: one, end } = await startTestStack();
  onTestFinished(end);
  const two = connectProduct({ ...stack, baseUrl: await stack.startSecondHost() });
  onTestFinished(() => two.close());
  const org = await one.makeOrg();
  const exchange = async (instance: typeof one): Promise<string> => {
    const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
    const answer = await instance.request("/api/v1/auth/token", { method: "POST", body });
    expect(answer.status).toBe(200);
    return String(answer.body.access_token);
  };
  const use = (instance: typeof one, token: string, path = "/api/v1/events") =>
    instance.request(path, { headers: { authorization: `Bearer ${token}` } });
  const leak = async (secret: string): Promise<Json> => {
    const headers = { authorization: `Bearer ${readOperatorKey(stack.stateDir)}` };
    const body = JSON.stringify({ secret, leaked: true });
    const answer = await one.request("/api/v1/operator/rotate", { method: "POST", headers, body });
    expect(answer.status).toBe(200);
    return answer.body;
  };

  const stolen = await exchange(two);
  for (const instance of [one, two]) expect((await use(instance, stolen)).status).toBe(200);
  const { version, disabled } = await leak("token-signing-key");
  expect(disabled).toEqual([decodeProtectedHeader(stolen).kid]);
  for (const instance of [one, two])
    await until(async () => ((await use(instance, stolen)).status === 401 ? true : undefined), 30_000);
  // The other instance heard of it with the cut-off, and signs with the new key at once.
  for (const instance of [two, one]) {
    const token = await exchange(instance);
    expect(decodeProtectedHeader(token).kid).toBe(version);
    for (const reader of [one, two]) expect((await use(reader, token)).status).toBe(200);
    const { keys } = (await instance.request("/.well-known/jwks.json")).body as { keys: Json[] };
    expect(keys.map(({ kid }) => kid)).toEqual([version]);
  }

  const onTwo = two.withKey(org.orgId, org);
  const before = (await onTwo.post({ event_type: "t" })).body.receipt_id;
  await onTwo.settled(before);
  await leak("receipt-key");
  for (const there of [org, onTwo]) {
    const gone = await until(async () => {
      const answer = await there.get(`/api/v1/receipts/${String(before)}`);
      return answer.status === 404 ? answer : undefined;
    }, 30_000);
    expect(gone.body.code).toBe("receipt_not_found");
  }
  // Both sign with the new key, and know each other's.
  await org.settled((await onTwo.post({ event_type: "t" })).body.receipt_id);
  // Stored events stay.
  await until(async () => ((await org.get("/api/v1/metrics/events")).body.total === 2 ? true : undefined));
});
