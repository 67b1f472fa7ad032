import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { passingFaults, startProxy } from "../../support/fault-proxy.ts";
import { makeOrg, product, type TestOrg } from "../../support/product.ts";
import { makePageKey, type SdkPage, type SdkSite, startSdkSite } from "../../support/sdk-page.ts";
import { readSettled, readStored } from "../../support/stored-events.ts";

const contents = `
  import { OTLPLogExporter as http } from "@opentelemetry/exporter-logs-otlp-http";
  import { OTLPLogExporter as proto } from "@opentelemetry/exporter-logs-otlp-proto";
  import { resourceFromAttributes } from "@opentelemetry/resources";
  import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
  /** A logger whose exporter tells what it was told. */
  globalThis.start = (edition, url, key) => {
    const exporter = new { http, proto }[edition]({ url, headers: { authorization: "Bearer " + key } });
    const results = [];
    const watched = {
      export: (records, tell) =>
        exporter.export(records, (result) => {
          results.push([result.code, String(result.error?.message ?? "")]);
          tell(result);
        }),
      shutdown: () => exporter.shutdown(),
      forceFlush: () => exporter.forceFlush(),
    };
    const provider = new LoggerProvider({
      resource: resourceFromAttributes({ "service.name": "shop" }),
      processors: [new BatchLogRecordProcessor({ exporter: watched })],
    });
    return { logger: provider.getLogger("cart", "1.2"), provider, results };
  };`;

let site: SdkSite;
beforeAll(async () => {
  site = await startSdkSite(contents);
});
afterAll(async () => site?.close());

const makeOwner = (): Promise<TestOrg> => makeOrg(["events:write", "events:read", "keys:manage"]);

describe.each([
  ["@opentelemetry/exporter-logs-otlp-http 0.221.0", "http"],
  ["@opentelemetry/exporter-logs-otlp-proto 0.221.0", "proto"],
] as const)("%s in a page of another site", (_, edition) => {
  const start = (key: string, origin: string): string =>
    `const { logger, provider, results } = start("${edition}", "${origin}/v1/logs", ${JSON.stringify(key)});`;

  /** Emits in a page, and gives what the exporter said of each request. */
  async function emit(key: string, calls: string, origin = product.baseUrl): Promise<{ results: unknown } & SdkPage> {
    const opened = await site.open();
    const results = await opened.page.evaluate(`(async () => {
      ${start(key, origin)}
      ${calls}
      await provider.shutdown();
      return results;
    })()`);
    await opened.page.close();
    return { results, ...opened };
  }

  it("stores each record once, with its name, time, person, attributes, resource and scope, and says so", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const calls = `
      logger.emit({
        eventName: "order_paid", timestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, 1)), body: "paid",
        attributes: { "user.id": "ada", total: 12.5, items: ["a", "b"], nested: { deep: { int: 7 } } },
        severityNumber: 9, severityText: "INFO",
      });
      logger.emit({ timestamp: new Date(Date.UTC(2026, 10, 22, 10, 0, 2)), body: { a: [1, null] } });`;
    const { results, asked } = await emit(key, calls);
    expect(results).toEqual([[0, ""]]);
    const context = { resource: { "service.name": "shop" }, scope: { name: "cart", version: "1.2" } };
    expect(await readStored(org, 2)).toMatchObject([
      {
        ...{ event_type: "order_paid", user_id: "ada", timestamp: "2026-11-22T10:00:01.000Z", context },
        properties: {
          ...{ total: 12.5, items: ["a", "b"], nested: { deep: { int: 7 } } },
          ...{ body: "paid", severity: "INFO", severity_number: 9 },
        },
      },
      { event_type: "log", timestamp: "2026-11-22T10:00:02.000Z", properties: { body: { a: [1, null] } }, context },
    ]);
    expect([...new Set(asked.map(({ url }) => new URL(url).origin))].sort()).toEqual(
      [site.origin, product.baseUrl].sort(),
    );
  });

  it("has a bad record delivered to quarantine, and its neighbours stored", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const calls = 'logger.emit({ eventName: "x".repeat(201) }); logger.emit({ eventName: "order_paid" });';
    expect((await emit(key, calls)).results).toEqual([[0, ""]]);
    expect(await readSettled(org, 2)).toMatchObject({ stored: 1, quarantined: 1 });
    expect(await readStored(org, 1)).toMatchObject([{ event_type: "order_paid" }]);
  });

  it.each(["wrong", "revoked"])("says that a %s key does not work, and asks once", async (what) => {
    const org = await makeOwner();
    const { key, revoke } = await makePageKey(org, site.origin);
    if (what === "revoked") await revoke();
    const proxy = await startProxy(product.baseUrl, []);
    const sent = what === "wrong" ? `${key.slice(0, -1)}!` : key;
    const { results } = await emit(sent, 'logger.emit({ eventName: "x" });', proxy.url);
    expect(results).toEqual([[1, expect.stringContaining("401")]]);
    expect(proxy.requests()).toBe(1);
    await proxy.close();
  });

  it.each(passingFaults)("sends again after %s, and the record is stored once", async (_what, fault) => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const proxy = await startProxy(product.baseUrl, [fault]);
    const { results } = await emit(key, 'logger.emit({ eventName: "order_paid" });', proxy.url);
    expect([results, proxy.requests()]).toEqual([[[0, ""]], 2]);
    const count = fault === "lost" ? 2 : 1;
    expect(await readSettled(org, count)).toMatchObject({ stored: 1, duplicate: count - 1 });
    await proxy.close();
  });

  it("sends what it holds when its page is left", async () => {
    const org = await makeOwner();
    const { key } = await makePageKey(org, site.origin);
    const { page, asked } = await site.open();
    await page.evaluate(`{ ${start(key, product.baseUrl)} logger.emit({ eventName: "left" }); }`);
    expect(asked.filter(({ method }) => method === "POST")).toEqual([]);
    await page.goto(`${site.origin}/left`);
    expect(await readStored(org, 1)).toMatchObject([{ event_type: "left" }]);
    await page.close();
  });
});
