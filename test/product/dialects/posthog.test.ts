import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { keysThatFail } from "../../support/revoked-key.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

type Mode = "v0" | "v1";

/** A whole process with the SDK, as it comes. Gives what its error event said. */
async function run(mode: Mode, { key }: Pick<TestOrg, "key">, host: string, calls: string): Promise<string[]> {
  const code = `
    import { PostHog } from "posthog-node";
    const said = [];
    // The SDK's own timers keep no process from ending, as a server that listens does.
    const alive = setInterval(() => undefined, 60_000);
    const client = new PostHog(${JSON.stringify(key)}, { host: ${JSON.stringify(host)}, flushInterval: 20, fetchRetryDelay: 50 });
    client.on("error", (error) => said.push(String(error?.message ?? error) + JSON.stringify(error?.drops ?? [])));
    ${calls}
    await client.shutdown();
    clearInterval(alive);
    console.log(JSON.stringify(said));`;
  const env = { PATH: process.env.PATH ?? "", POSTHOG_CAPTURE_MODE: mode };
  const args = ["--input-type=module", "--eval", code];
  const { stdout } = await promisify(execFile)(process.execPath, args, { env });
  return JSON.parse(stdout.trim().split("\n").at(-1) ?? "") as string[];
}

const uuid = (n: number) => `01a22be2-1b91-7c96-997a-00000000000${n}`;
const capture = (n: number, event: string) =>
  `client.capture({ distinctId: "ada", event: ${JSON.stringify(event)}, uuid: "${uuid(n)}", properties: { total: ${n} } });`;

describe.each<Mode>(["v0", "v1"])("posthog-node 5.70.0 in mode %s", (mode) => {
  it("stores each kind of event once, with person, time, type and properties", async () => {
    const org = await makeOrg();
    const at = (second: number) => `timestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, ${second}))`;
    const calls = `
      client.capture({ distinctId: "ada", event: "Order Paid", uuid: "${uuid(1)}", ${at(1)},
        properties: { total: 12.5, $session_id: "s1" }, groups: { company: "acme" } });
      client.capture({ distinctId: "ada", event: "$pageview", ${at(2)}, properties: { $current_url: "https://a.example/x" } });
      client.identify({ distinctId: "ada", properties: { email: "ada@example.com" } });
      client.alias({ distinctId: "ada", alias: "anon-1" });
      client.groupIdentify({ groupType: "company", groupKey: "acme", properties: { employees: 12 } });`;
    expect(await run(mode, org, product.baseUrl, calls)).toEqual([]);
    const events = await readStored(org, 5);
    expect(events.slice(0, 2)).toMatchObject([
      {
        ...{ event_id: `posthog:${uuid(1)}`, event_type: "Order Paid", user_id: "ada", session_id: "s1" },
        ...{ timestamp: "2026-11-22T10:00:01.000Z", properties: { total: 12.5, $groups: { company: "acme" } } },
      },
      { event_type: "page_view", user_id: "ada", properties: { url: "https://a.example/x" } },
    ]);
    const byType = new Map(events.map((event) => [event.event_type, event]));
    expect(byType.get("identify")).toMatchObject({ user_id: "ada", properties: { email: "ada@example.com" } });
    expect(byType.get("alias")).toMatchObject({ user_id: "ada", properties: { previous_id: "anon-1" } });
    expect(byType.get("group")).toMatchObject({ properties: { group_id: "acme", employees: 12 } });
    expect(byType.get("group")).not.toHaveProperty("user_id");
    expect(JSON.stringify(events)).not.toContain(org.key);
  });

  it("has a bad event in quarantine, and its neighbours stored, also where all are bad", async () => {
    const org = await makeOrg();
    const said = await run(mode, org, product.baseUrl, `${capture(1, "x".repeat(201))} ${capture(2, "Order Paid")}`);
    // The older protocol has no word for one event of a batch.
    if (mode === "v0") expect(said).toEqual([]);
    else expect(said).toEqual([expect.stringMatching(/1 dropped, 0 undelivered.*0001.*in quarantine: .*event_type/)]);
    await run(mode, org, product.baseUrl, capture(3, "y".repeat(201)));
    expect(await readSettled(org, 3)).toMatchObject({ stored: 1, quarantined: 2 });
  });

  it.each(passingFaults)("sends again after %s, and the event is stored once", async (_, fault) => {
    const org = await makeOrg();
    const proxy = await startProxy(product.baseUrl, [fault]);
    expect(await run(mode, org, proxy.url, capture(1, "Order Paid"))).toEqual([]);
    expect(proxy.requests()).toBe(2);
    expect(await readStored(org, 1)).toMatchObject([{ event_id: `posthog:${uuid(1)}` }]);
    await proxy.close();
  });

  it.each(keysThatFail)("tells of a %s key that it does not work, and asks once", async (_, makeKey) => {
    const proxy = await startProxy(product.baseUrl, []);
    const said = await run(mode, { key: await makeKey() }, proxy.url, capture(1, "Order Paid"));
    expect([said, proxy.requests()]).toEqual([[expect.stringContaining("401")], 1]);
    await proxy.close();
  });
});
