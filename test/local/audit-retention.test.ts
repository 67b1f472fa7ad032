import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { startPipeline } from "../../local/pipeline.ts";
import { connectPeople } from "../support/connect-people.ts";
import { connectProduct, type Json } from "../support/connect-product.ts";
import { until } from "../support/until.ts";

const DAY = 24 * 3_600_000;

it("the audit trail is kept for as long as the setting says, and what it tells of stays", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-retention-"));
  const env = { HEADRACE_AUDIT_DAYS: "2" };
  const pipeline = await startPipeline({ stateDir, fresh: true, clock: true, env });
  onTestFinished(async () => {
    await pipeline.stop();
    await rm(stateDir, { recursive: true, force: true });
  });
  const running = connectProduct(pipeline);
  const people = connectPeople(running, pipeline);
  const orgId = await people.makeEmptyOrg();
  await people.addMember(orgId, "ada", "admin");
  const ada = await people.enter("ada", orgId);
  const made = await ada.call("POST", "/api/v1/keys", { name: "old", scopes: ["events:read"] });
  const oldKey = `key:${String((made.body.api_key as Json).key_id)}`;

  /** What the trail says of keys; the access token may have expired. */
  const targets = async (): Promise<string[] | undefined> => {
    const { access_token } = JSON.parse((await ada.browser.post(`${people.auth}/refresh`)).text) as Json;
    const { status, body } = await people.callAs(String(access_token), "GET", "/api/v1/audit?action=key.created");
    return status === 200 ? (body.entries as Json[]).map(({ target }) => String(target)) : undefined;
  };
  pipeline.clock?.advance(DAY);
  expect(await until(targets)).toEqual([oldKey]);
  pipeline.clock?.advance(DAY + 60_000);
  await until(async () => ((await targets())?.length === 0 ? true : undefined));
  const { access_token } = JSON.parse((await ada.browser.post(`${people.auth}/refresh`)).text) as Json;
  const keys = await people.callAs(String(access_token), "GET", "/api/v1/keys");
  expect((keys.body.keys as Json[]).map(({ name }) => name)).toEqual(["old"]);
  running.close();
}, 120_000);
