import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { type Fault, passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { keysThatFail } from "../../support/revoked-key.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

/** A whole process with the SDK, as it comes: it ends by itself when all is sent, or by the SDK's own fault. */
async function run(
  { key }: Pick<TestOrg, "key">,
  dataPlaneUrl: string,
  calls: string,
  handled = "",
): Promise<unknown[]> {
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

const handled = "errorHandler: () => undefined";
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

  it.each(keysThatFail)(
    "tells its `errorHandler` of a %s key; without one the SDK ends its process",
    async (_, makeKey) => {
      const org = { key: await makeKey() };
      expect(await run(org, product.baseUrl, track("x"), handled)).toEqual(["401"]);
      await expect(run(org, product.baseUrl, track("x"))).rejects.toThrow();
    },
  );

  const html = { "content-type": "text/html" };
  const elsewhere = { location: "/gone" };
  it.each<readonly [string, Fault, number, string]>([
    ["a 400 of a proxy", { status: 400, headers: html, body: "<h1>Bad</h1>" }, 1, "400"],
    ["a 404", { status: 404 }, 1, "404"],
    ["a 413", { status: 413 }, 1, "413"],
    ["a redirect", { status: 301, headers: elsewhere }, 1, "404"],
    ["a page of HTML with 200, which the SDK takes for delivered", { status: 200, headers: html, body: "<p>" }, 1, ""],
    ["a 204", { status: 204 }, 1, ""],
    ["429 without end", { status: 429, headers: { "retry-after": "0" } }, 4, "429"],
    ["500 without end", { status: 500, headers: html, body: "<p>" }, 4, "500"],
    ["a connection that is cut each time", "cut", 4, "Error"],
  ])(
    "lives through %s with an `errorHandler`, and what it sends afterwards is stored",
    async (_, fault, times, why) => {
      const org = await makeOrg();
      const proxy = await startProxy(product.baseUrl, Array(times).fill(fault));
      const first = `analytics.track({ userId: "ada", event: "x" }, (error) => { tell(error); ${track("Order Paid")} });`;
      const [failed, ...others] = await run(org, proxy.url, first, handled);
      expect(String(failed)).toContain(why === "" ? "delivered" : why);
      expect(others).toEqual(["delivered"]);
      expect(await readStored(org, 1)).toMatchObject([{ event_type: "Order Paid" }]);
      await proxy.close();
    },
  );
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
