import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { type FuzzOptions, fuzz } from "../fuzz/fuzz.ts";
import { type Json, makeOrg, product, until } from "../support/product.ts";

const options = (baseUrl: string, key: string): FuzzOptions => ({
  baseUrl,
  key,
  seed: 7,
  requests: 2_000,
  deadline: Number.POSITIVE_INFINITY,
  concurrency: 8,
  corpus: [],
});

describe("random requests", () => {
  it("are answered as the contract says, and every accepted event is settled", async () => {
    const org = await makeOrg();
    const report = await fuzz(options(product.baseUrl, org.key));
    expect(report.violations).toEqual([]);
    expect(report.accepted).toBeGreaterThan(100);
    await until(
      async () =>
        ((await org.get("/api/v1/ledger")).body.totals as Json).settled === report.accepted ? true : undefined,
      100_000,
    );
  });

  it.each([
    ["a 500", 500, "", {}],
    [
      "an unknown code",
      400,
      '{"code":"no_such_code","request_id":"x","detail":"x"}',
      { "content-type": "application/problem+json" },
    ],
    [
      "a code of another status",
      400,
      '{"code":"internal","request_id":"x","detail":"x"}',
      { "content-type": "application/problem+json" },
    ],
    ["a 503 without Retry-After", 503, "{}", {}],
    [
      "a 202 that does not add up",
      202,
      '{"receipt_id":"x","accepted":1,"duplicate":1,"quarantined":0,"results":[1]}',
      {},
    ],
    [
      "a 202 of one event for any body",
      202,
      '{"receipt_id":"x","accepted":1,"duplicate":0,"quarantined":0,"results":[]}',
      {},
    ],
    ["a redirect", 302, "", { location: "/" }],
  ])("are held to it: %s is a violation", async (_, status, body, headers) => {
    const server = http.createServer((request, response) => {
      request.resume().on("end", () => response.writeHead(status, headers).end(body));
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const report = await fuzz({ ...options(`http://127.0.0.1:${port}`, "hr_x"), requests: 200 });
    server.close();
    server.closeAllConnections();
    expect(report.violations.length).toBeGreaterThan(0);
  });
});
