import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import process from "node:process";
import { expect } from "vitest";
import { eventually, root } from "../cli/support.ts";
import type { Json, TestOrg } from "../support/connect-product.ts";
import { until } from "../support/until.ts";
import type { Fault, FaultyProxy } from "./faulty-proxy.ts";

interface Life {
  readonly child: ChildProcess;
  /** Ids that the client said to be on the disk. */
  kept(): string[];
  /** The lines that say anything else. */
  others(): string[];
}

/** A process that tracks `count` events on the queue in `folder`, flushes, and ends. */
export function startLife(url: string, key: string, folder: string, name: string, count: number): Life {
  const client = join(root, "test/sdk/clients/durable.ts");
  const child = spawn(process.execPath, [client, url, key, folder, name, String(count)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => {
    output += chunk.toString();
  });
  // A killed process may leave half a line.
  const lines = (): string[] => output.split("\n").slice(0, -1);
  return {
    child,
    kept: () => lines().flatMap((line) => (line.startsWith("durable ") ? [line.slice(8)] : [])),
    others: () => lines().filter((line) => !line.startsWith("durable ")),
  };
}

export interface Survival {
  readonly proxy: FaultyProxy;
  readonly org: TestOrg;
  readonly folder: string;
  /** Events that each life tracks. */
  readonly count: number;
  /** What the proxy does in each life that is killed. */
  readonly faults: readonly Fault[];
  /** Called in each life, at its middle. */
  readonly disturb?: (life: number) => Promise<void>;
}

/**
 * Kills a client once in the middle of each life: while it keeps events, and after the fault of that life was met. The
 * last one may end. Gives the ids that were said to be kept.
 */
export async function liveAndDie({ proxy, org, folder, count, faults, disturb }: Survival): Promise<Set<string>> {
  const kept = new Set<string>();
  for (const [life, fault] of faults.entries()) {
    proxy.fault = fault;
    const before = proxy.met.get(fault) ?? 0;
    const { child, ...one } = startLife(proxy.url, org.key, folder, `life${life}`, count);
    const ended = new Promise((resolve) => child.once("close", resolve));
    const some = Math.ceil(((1 + Math.random()) / 2) * count);
    await eventually(() => one.kept().length >= some, `life ${life}: ${some} events are kept`, 60_000);
    await disturb?.(life);
    const isMet = (): boolean => (proxy.met.get(fault) ?? 0) > before || child.exitCode !== null;
    await eventually(isMet, `life ${life}: ${fault} is met`, 60_000);
    child.kill("SIGKILL");
    await ended;
    expect(one.others().filter((line) => !line.startsWith("closed"))).toEqual([]);
    for (const id of one.kept()) kept.add(id);
  }
  proxy.fault = "none";
  const last = startLife(proxy.url, org.key, folder, "last", count);
  await new Promise((resolve) => last.child.once("close", resolve));
  expect(last.others()).toEqual(["closed 0"]);
  for (const id of last.kept()) kept.add(id);
  return kept;
}

/** The ids of all events that are stored, as often as they are. */
export async function readStored(org: TestOrg): Promise<string[]> {
  const ids: string[] = [];
  for (let cursor: unknown = ""; cursor !== null; ) {
    const { body } = await org.get(`/api/v1/events?limit=1000${cursor === "" ? "" : `&cursor=${cursor}`}`);
    ids.push(...(body.events as Json[]).map(({ event_id }) => String(event_id)));
    cursor = body.next_cursor;
  }
  return ids;
}

/** Waits until every kept event is stored. Throws when one is there twice. */
export async function expectStoredOnce(org: TestOrg, kept: ReadonlySet<string>, ms?: number): Promise<void> {
  const stored = await until(async () => {
    const ids = await readStored(org);
    const there = new Set(ids);
    return [...kept].every((id) => there.has(id)) ? ids : undefined;
  }, ms);
  expect(new Set(stored).size).toBe(stored.length);
  const { total } = (await org.get("/api/v1/metrics/events")).body;
  expect(total).toBe(stored.length);
}
