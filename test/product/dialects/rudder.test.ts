import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

/** A whole process with the SDK, as it comes: it ends by itself when all is sent, or by the SDK's own fault. */
async function run({ key }: TestOrg, dataPlaneUrl: string, calls: string, handled = ""): Promise<unknown[]> {
  const code = `
    import Analytics from "@rudderstack/rudder-sdk-node";
    const said = [];
    const tell = (error) => said.push(error ? String(error.response?.status ?? error) : "delivered");
    const analytics = new Analytics(${JSON.stringify(key)}, {
      dataPlaneUrl: ${JSON.stringify(dataPlaneUrl)}, flushInterval: 20, logLevel: "none", ${handled}
    });
    ${calls}
    process.on("exit", () => console.log(JSON.stringify(said)));`;
  const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code]);
  return JSON.parse(stdout) as unknown[];
}

const track = (event: string, more = "") =>
  `analytics.track({ userId: "ada", event: ${JSON.stringify(event)}${more} }, tell);`;

describe("@rudderstack/rudder-sdk-node 3.0.13", () => {
  it("stores each kind of call once, with person, time, type and properties, and tells that it did", async () => {
    const org = await makeOrg();
    const at = (second: number) => `originalTimestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, ${second}))`;
    const calls = `
      analytics.identify({ userId: "ada", traits: { email: "ada@example.com" }, ${at(1)} }, tell);
      analytics.group({ userId: "ada", groupId: 17, traits: { employees: 12 }, ${at(2)} }, tell);
      analytics.track({ userId: 42, event: "Order Paid", properties: { total: 12.5 }, ${at(3)} }, tell);
      analytics.page({ anonymousId: "anon-1", name: "Home", ${at(4)} }, tell);
      analytics.screen({ userId: "ada", name: "Cart", ${at(5)} }, tell);
      analytics.alias({ userId: "ada", previousId: "anon-1", ${at(6)}, messageId: "mine" }, tell);`;
    expect(await run(org, product.baseUrl, calls)).toEqual(Array(6).fill("delivered"));
    const events = await readStored(org, 6);
    expect(events).toMatchObject([
      {
        ...{ event_type: "identify", user_id: "ada", timestamp: "2026-11-22T10:00:01.000Z" },
        ...{ properties: { email: "ada@example.com" }, context: { traits: { email: "ada@example.com" } } },
      },
      { event_type: "group", user_id: "ada", properties: { group_id: "17", employees: 12 } },
      { event_type: "Order Paid", user_id: "42", properties: { total: 12.5 } },
      { event_type: "page_view", anonymous_id: "anon-1", properties: { name: "Home" } },
      { event_type: "screen_view", user_id: "ada", properties: { name: "Cart" } },
      { event_id: "segment:mine", event_type: "alias", user_id: "ada", properties: { previous_id: "anon-1" } },
    ]);
    const library = { name: "analytics-node", version: "3.0.13" };
    expect(events[2]?.context).toMatchObject({ library, source: { type: "track", channel: "server" } });
  });

  it("lives through bad events, which wait in quarantine, also where all of a batch are bad", async () => {
    const org = await makeOrg();
    const calls = [track("x".repeat(201)), track(" "), track("Order Paid"), track("y".repeat(201))].join("\n");
    expect(await run(org, product.baseUrl, calls)).toEqual(Array(4).fill("delivered"));
    expect(await readSettled(org, 4)).toMatchObject({ stored: 1, quarantined: 3 });
  });

  it.each(passingFaults)("sends again after %s, and the event is stored once", async (_, fault) => {
    const org = await makeOrg();
    const proxy = await startProxy(product.baseUrl, [fault]);
    expect(await run(org, proxy.url, track("Order Paid", ', messageId: "one"'))).toEqual(["delivered"]);
    expect(proxy.requests()).toBe(2);
    expect(await readStored(org, 1)).toMatchObject([{ event_id: "segment:one" }]);
    await proxy.close();
  });

  it("tells its `errorHandler` of a key that does not work; without one the SDK ends its process", async () => {
    const org = await makeOrg();
    const wrong = { ...org, key: `${org.key.slice(0, -1)}!` };
    expect(await run(wrong, product.baseUrl, track("x"), "errorHandler: () => undefined")).toEqual(["401"]);
    await expect(run(wrong, product.baseUrl, track("x"))).rejects.toThrow();
  });
});

it("a body that could be Segment's or RudderStack's is stored the same either way, and once", async () => {
  const org = await makeOrg();
  const batch = [
    { type: "track", event: "Seen", userId: "ada", messageId: "m", originalTimestamp: "2026-11-22T10:00:00Z" },
  ];
  const authorization = `Basic ${Buffer.from(`${org.key}:`).toString("base64")}`;
  for (const contentType of ["application/json", "text/plain", "application/x-www-form-urlencoded"]) {
    const headers = { authorization, "content-type": contentType };
    const answer = await fetch(`${product.baseUrl}/v1/batch`, {
      method: "POST",
      headers,
      body: JSON.stringify({ batch }),
    });
    expect(answer.status).toBe(200);
  }
  expect(await readSettled(org, 3)).toMatchObject({ stored: 1, duplicate: 2 });
  expect(await readStored(org, 1)).toMatchObject([{ event_id: "segment:m", timestamp: "2026-11-22T10:00:00.000Z" }]);
});
