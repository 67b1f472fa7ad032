import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { judge } from "../../bench/figures/figure.ts";
import { median, medianRatio, quantile } from "../../bench/figures/statistics.ts";
import { type LoadProcess, startLoad } from "../../bench/load/load-process.ts";
import { type WayName, ways } from "../../bench/load/ways.ts";
import { keepResults } from "../../bench/report/keep-results.ts";
import type { FigureReport } from "../../bench/report/report.ts";
import { cpuMsOf, peakBytesOf } from "../../bench/rig/process-stat.ts";

const exec = promisify(execFile);

describe("npm run bench", () => {
  it.each([
    ["--only", "everything", "--only takes ingest, schemas, stored"],
    ["--factor", "0", "--factor must be a number from 0.01 to 100"],
    ["--last", "docs", "--last must be a checkout of the last release"],
    ["--colour", "red", "--help"],
  ])("refuses %s %s", async (flag, value, message) => {
    const failed: unknown = await exec(process.execPath, ["bench/bench.ts", flag, value]).catch((error) => error);
    expect(failed).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});

describe("the load", () => {
  let load: LoadProcess;
  beforeAll(async () => {
    load = await startLoad();
  });
  afterAll(() => load.close());

  const job = { apiKey: "none", batch: 10, encoding: "identity", connections: 4, prefix: "t", spanMs: 1_000 } as const;

  /** Answers requests by `answer` and keeps the bodies. */
  async function serveWith(answer: (method: string, nth: number) => number) {
    const bodies: string[] = [];
    const server = createServer(async (request, response) => {
      const chunks = (await request.toArray()) as Buffer[];
      if (request.method === "POST") bodies.push(Buffer.concat(chunks).toString());
      response.writeHead(answer(request.method ?? "", bodies.length), { "content-length": 2 }).end("{}");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return { baseUrl, bodies, close: () => server.closeAllConnections() };
  }

  it("sends events with different ids", async () => {
    const server = await serveWith(() => 202);
    const sent = await load.send({ ...job, baseUrl: server.baseUrl, seconds: 10, events: 500 });
    expect(sent).toMatchObject({ events: 500, requests: 50, failures: {} });
    const ids = server.bodies.flatMap((body) => (JSON.parse(body) as { event_id: string }[]).map((e) => e.event_id));
    expect(new Set(ids).size).toBe(500);
    server.close();
  });

  it("counts only a 202, and reports every other answer", async () => {
    const server = await serveWith((_, nth) => (nth % 2 === 0 ? 503 : 202));
    const sent = await load.send({ ...job, baseUrl: server.baseUrl, connections: 1, seconds: 10, events: 100 });
    expect(sent).toMatchObject({ events: 50, requests: 10, failures: { "status 503": 5 } });
    server.close();
  });

  it.each(Object.keys(ways) as WayName[])("sends events with different ids in the form of %s too", async (way) => {
    const server = await serveWith(() => ways[way].status);
    const sent = await load.send({ ...job, way, baseUrl: server.baseUrl, connections: 1, seconds: 10, events: 30 });
    expect(sent).toMatchObject({ events: 30, requests: 3, failures: {} });
    const ids = server.bodies.flatMap((body) => body.match(/tc0-\d{10}/g) ?? []);
    expect([ids.length, new Set(ids).size]).toEqual([30, 30]);
    server.close();
  });

  it("keeps to the given rate", async () => {
    const server = await serveWith(() => 202);
    const sent = await load.send({ ...job, baseUrl: server.baseUrl, seconds: 10, events: 200, rate: 400 });
    // The last batch is due after 190 events, at the earliest 475 ms after the first.
    expect(sent.seconds).toBeGreaterThanOrEqual(0.47);
    server.close();
  });

  it("reports an acknowledged event that cannot be read", async () => {
    const server = await serveWith((method) => (method === "POST" ? 202 : 500));
    const sent = await load.send({ ...job, baseUrl: server.baseUrl, seconds: 10, events: 20, probeEvery: 1 });
    expect(sent).toMatchObject({ readableMs: [], failures: { "reading: status 500": 2 } });
    server.close();
  });

  it("fails when no server listens", async () => {
    const sending = load.send({ ...job, baseUrl: "http://127.0.0.1:1", seconds: 1 });
    await expect(sending).rejects.toThrow(/ECONNREFUSED/);
  });
});

describe("the numbers", () => {
  it("medians, quantiles and ratios", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1, 2, 3])).toBe(2.5);
    expect(median([])).toBeNaN();
    expect(quantile([5, 1, 3, 2, 4], 0.99)).toBe(5);
    // The machine was twice as slow in the second round, for both.
    expect(medianRatio([100, 50, 100], [50, 25, 50])).toBe(2);
  });

  it.each([
    ["more", 0.4, "missed"],
    ["more", 0.5, "met"],
    ["more", 0.8, "beyond"],
    ["more", Number.NaN, "missed"],
    ["more", Number.POSITIVE_INFINITY, "missed"],
  ] as const)("an aim of 0.5 and a goal of 0.8, %s is better: %d is %s", (better, found, verdict) => {
    expect(judge({ what: "", better, found, aim: 0.5, goal: 0.8 })).toBe(verdict);
  });

  it("takes less for better where the figure is a time", () => {
    expect(judge({ what: "", better: "less", found: 2.1, aim: 2, goal: 1 })).toBe("missed");
    expect(judge({ what: "", better: "less", found: 0.9, aim: 2, goal: 1 })).toBe("beyond");
  });

  it("processor time and memory of a process", () => {
    const before = cpuMsOf(process.pid);
    for (const end = performance.now() + 200; performance.now() < end; );
    expect(cpuMsOf(process.pid) - before).toBeGreaterThanOrEqual(20);
    expect(peakBytesOf(process.pid)).toBeGreaterThanOrEqual(process.memoryUsage.rss() * 0.5);
    expect(() => cpuMsOf(2 ** 22 + 1)).toThrow(/ENOENT/);
  });
});

describe("the kept results", () => {
  const machine = {
    ...{ date: "2026-01-01 00:00", processor: "a processor", cores: 2, memoryGb: 8 },
    ...{ system: "Linux", node: "v24.0.0", loadBefore: 0 },
  };
  const figure = (title: string, value: number): FigureReport => ({
    ...{ title, seconds: 1, factor: 1, machine, notes: [], problems: [] },
    tables: [{ columns: ["", "n"], rows: [["it", value]] }],
    aims: [{ what: title, found: value, better: "more", aim: 5 }],
  });

  it("replace the figures measured again, and leave the rest and people's own text", async () => {
    const dir = await mkdtemp(join(tmpdir(), "headrace-bench-test-"));
    keepResults(dir, { one: figure("First", 1), two: figure("Second", 2) });
    const file = join(dir, "benchmarks.md");
    await writeFile(file, `${await readFile(file, "utf8")}\nWritten by hand.\n`);
    keepResults(dir, { two: figure("Second", 22222) });
    const text = await readFile(file, "utf8");
    expect(text).toContain("| it | 1 |");
    expect(text).toContain("| it | 22,222 |");
    expect(text).not.toContain("| it | 2 |");
    expect(text).toContain("| First | 1 | ≥ 5 |  | missed |");
    expect(text).toContain("Written by hand.");
    await writeFile(file, "no marks");
    expect(() => keepResults(dir, {})).toThrow(/marks/);
    await rm(dir, { recursive: true });
  });
});
