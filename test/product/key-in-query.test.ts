import { describe, expect, it } from "vitest";
import { makeOrg, request, type TestOrg } from "../support/product.ts";

const event = { event_id: "e", event_type: "left" };

const ORIGIN = "https://shop.example";

/** A publishable key of the org. */
async function makePublishable(org: TestOrg): Promise<string> {
  const body = JSON.stringify({ name: "pages", scopes: ["events:write"], origins: [ORIGIN] });
  const made = await request("/api/v1/keys", { method: "POST", headers: { authorization: `Bearer ${org.key}` }, body });
  return String(made.body.key);
}

describe("a key in the query", () => {
  const send = (query: string, headers: Record<string, string> = {}) =>
    request(`/api/v1/events?${query}`, { method: "POST", headers, body: JSON.stringify(event) });

  it("takes events of `text/plain` without any header of ours", async () => {
    const org = await makeOrg(["events:write", "events:read", "keys:manage"]);
    const key = await makePublishable(org);
    const { status, body } = await send(`key=${key}&v=2`, { "content-type": "text/plain", origin: ORIGIN });
    expect([status, body.accepted]).toEqual([202, 1]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1 });
  });

  it("that is not the one in the header is a 400, and nothing is tried", async () => {
    const [org, other] = [await makeOrg(["events:write", "keys:manage"]), await makeOrg()];
    const key = await makePublishable(org);
    const { status, body } = await send(`key=${key}`, { authorization: `Bearer ${other.key}` });
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", "key"]);
    expect(JSON.stringify(body)).not.toContain(key);
    const same = await send(`key=${key}`, { authorization: `Bearer ${key}`, origin: ORIGIN });
    expect(same.status).toBe(202);
  });

  it("that is a secret one is a 401, since addresses stand in logs", async () => {
    const org = await makeOrg();
    const { status, body } = await send(`key=${org.key}`);
    expect([status, body.code]).toEqual([401, "credential_malformed"]);
    expect(JSON.stringify(body)).not.toContain(org.key);
  });

  it("is looked at by the way in alone", async () => {
    const org = await makeOrg();
    const { status, body } = await request(`/api/v1/events?key=${org.key}`);
    expect([status, body.code]).toEqual([401, "credential_missing"]);
  });
});
