import { makeOrg, request } from "./product.ts";
import { until } from "./until.ts";

/** A key that was revoked, once every instance knows. */
export async function makeRevokedKey(): Promise<string> {
  const org = await makeOrg(["events:write", "keys:manage"]);
  const headers = { authorization: `Bearer ${org.key}` };
  const body = JSON.stringify({ name: "another", scopes: ["events:write"] });
  const made = await request("/api/v1/keys", { method: "POST", headers, body });
  const key = String(made.body.key);
  const { key_id } = made.body.api_key as { readonly key_id: string };
  await request(`/api/v1/keys/${key_id}`, { method: "DELETE", headers });
  await untilRefused(key);
  return key;
}

/** Waits until a key is a 401; `origin` is that of the page that has it. Nothing is sent. */
export async function untilRefused(key: string, origin?: string): Promise<void> {
  const headers = { authorization: `Bearer ${key}`, ...(origin !== undefined && { origin }) };
  const ask = async (): Promise<number> => (await request("/v1/batch", { method: "POST", headers, body: "{}" })).status;
  await until(async () => ((await ask()) === 401 ? true : undefined));
}

/** Keys that do not work, each with its name. */
export const keysThatFail = [
  ["wrong", async () => `${(await makeOrg()).key.slice(0, -1)}!`],
  ["revoked", makeRevokedKey],
] as const;
