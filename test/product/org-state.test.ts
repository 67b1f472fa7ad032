import { expect, it } from "vitest";
import { cosmos, makeOrg } from "../support/product.ts";

const events = [{ event_type: "t" }];

it.each<[string, { readonly v?: number; readonly keys?: unknown } | undefined]>([
  ["newer", { v: 2 }],
  ["spoiled", { keys: "none" }],
  ["gone", undefined],
])("an org whose state is %s gets 503, and no other org does", async (_, damage) => {
  const [org, other] = [await makeOrg(), await makeOrg()];
  const item = cosmos.containers.identity.item("state", org.orgId);
  const whole = (await item.read()).resource;
  if (damage) await item.replace({ ...whole, ...damage });
  else await item.delete();
  const refused = await org.post(events);
  expect(refused).toMatchObject({ status: 503, body: { code: "identity_unavailable" } });
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect((await other.post(events)).status).toBe(202);
});
