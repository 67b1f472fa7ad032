import { describe, expect, it } from "vitest";
import { makeOrg, request } from "../support/product.ts";

const event = { event_id: "e", event_type: "left" };

describe("a key in the query", () => {
  const send = (query: string, headers: Record<string, string> = {}) =>
    request(`/api/v1/events?${query}`, { method: "POST", headers, body: JSON.stringify(event) });

  it("takes events of `text/plain` without any header of ours", async () => {
    const org = await makeOrg();
    const { status, body } = await send(`key=${org.key}&v=2`, { "content-type": "text/plain" });
    expect([status, body.accepted]).toEqual([202, 1]);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1 });
  });

  it("that is not the one in the header is a 400, and nothing is tried", async () => {
    const [org, other] = [await makeOrg(), await makeOrg()];
    const { status, body } = await send(`key=${org.key}`, { authorization: `Bearer ${other.key}` });
    expect([status, body.code, body.parameter]).toEqual([400, "invalid_parameter", "key"]);
    expect(JSON.stringify(body)).not.toContain(org.key);
    const same = await send(`key=${org.key}`, { authorization: `Bearer ${org.key}` });
    expect(same.status).toBe(202);
  });

  it("is looked at by the way in alone", async () => {
    const org = await makeOrg();
    const { status, body } = await request(`/api/v1/events?key=${org.key}`);
    expect([status, body.code]).toEqual([401, "credential_missing"]);
  });
});
