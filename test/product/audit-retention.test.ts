import { expect, it, onTestFinished } from "vitest";
import { connectPeople } from "../support/connect-people.ts";
import type { Json } from "../support/connect-product.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

const DAY = 24 * 3_600_000;

it("the audit trail is kept for as long as the setting says, and the things that it tells of stay", async () => {
  const { stack, product, end } = await startTestStack({ clock: true, env: { HEADRACE_AUDIT_DAYS: "2" } });
  onTestFinished(end);
  const people = connectPeople(product, stack);
  const orgId = await people.makeEmptyOrg();
  await people.addMember(orgId, "ada", "admin");
  const ada = await people.enter("ada", orgId);
  const made = await ada.call("POST", "/api/v1/keys", { name: "old", scopes: ["events:read"] });
  const oldKey = `key:${String((made.body.api_key as Json).key_id)}`;

  /** The trail's lines about keys; the access token may have expired. */
  const targets = async (): Promise<string[] | undefined> => {
    const { access_token } = JSON.parse((await ada.browser.post(`${people.auth}/refresh`)).text) as Json;
    const { status, body } = await people.callAs(String(access_token), "GET", "/api/v1/audit?action=key.created");
    return status === 200 ? (body.entries as Json[]).map(({ target }) => String(target)) : undefined;
  };
  await stack.clock?.advance(DAY);
  expect(await until(targets)).toEqual([oldKey]);
  await stack.clock?.advance(DAY + 60_000);
  await until(async () => ((await targets())?.length === 0 ? true : undefined));
  const { access_token } = JSON.parse((await ada.browser.post(`${people.auth}/refresh`)).text) as Json;
  const keys = await people.callAs(String(access_token), "GET", "/api/v1/keys");
  expect((keys.body.keys as Json[]).map(({ name }) => name)).toEqual(["old"]);
});
