import { expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { createCosmosTimerRuns } from "../../shared/operator/cosmos-timer-runs.ts";
import { cosmos, type Json, makeOrg, product, until } from "../support/product.ts";

const DAY = 86_400_000;

it("the timer ends what has waited for 30 days, completes what was begun instead, and leaves what has not", async () => {
  const org = await makeOrg();
  const bad = Array.from({ length: 3 }, (_, i) => ({ event_id: `e-${i}`, event_type: "paid", user_id: i }));
  const receipt = String((await org.post([{ event_type: "paid" }, ...bad])).body.receipt_id);
  await org.settled(receipt);
  const change = async (index: number, changes: Json): Promise<void> => {
    const id = `${receipt}:${index}`;
    const item = cosmos.containers.quarantine.item(id, [org.orgId, id]);
    await item.replace({ ...(await item.read()).resource, ...changes });
  };
  const received_at = new Date(Date.now() - 31 * DAY).toISOString();
  const by = { subject: "member:m", client_address: "192.0.2.1", request_id: "r", audit_id: "audit:begun" };
  await change(1, { received_at });
  await change(2, { received_at, act: { what: "discarded", at: received_at, reason: "r", by } });
  // As a day ago: the hourly tick has something to do again.
  await createCosmosTimerRuns(cosmos.containers.control).note("sweep-ledger", Date.now() - 0.98 * DAY);
  const headers = { "x-functions-key": product.adminKey };
  const url = `${product.baseUrl}/admin/functions/sweep-ledger`;
  expect((await fetch(url, { method: "POST", headers, body: '{"input":""}' })).status).toBe(202);
  const ends = await until(async () => {
    const answers = await Promise.all([1, 2, 3].map((index) => org.get(`/api/v1/quarantine/${receipt}:${index}`)));
    return answers.filter(({ status }) => status === 410).length > 1 ? answers : undefined;
  });
  expect(ends.map(({ status, body }) => [status, body.what])).toEqual([
    [410, "expired"],
    [410, "discarded"],
    [200, undefined],
  ]);
  const { totals } = (await org.get("/api/v1/ledger")).body;
  expect(totals).toEqual({ settled: 4, stored: 1, duplicate: 0, quarantined: 1, discarded: 1, expired: 1 });
  const { violations } = await proveAccount(accessOf(product.env), cosmos.containers);
  expect(violations.filter((one) => one.startsWith(`${org.orgId}:`))).toEqual([]);
});
