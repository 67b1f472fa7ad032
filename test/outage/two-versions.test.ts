import { symlinkSync } from "node:fs";
import { mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, it } from "vitest";
import { disturb } from "../../bench/disturb.ts";
import { followRun } from "../../bench/history/follow-run.ts";
import { createGeneratedLoad } from "../../bench/load.ts";
import { PATIENCE_MS, sendAndSettle } from "../../bench/send-and-settle.ts";
import { compareCounts, makeOrgs, untilIdle } from "../../bench/verify.ts";
import { readHub } from "../../cli/account/read-hub.ts";
import { createTally } from "../../cli/send/tally.ts";
import { createRandom } from "../../local/launcher/faults/random.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { bundleApp } from "../../scripts/bundle.ts";
import { SERVICE_ORG_ID } from "../../shared/identity/org-id.ts";
import type { QuarantineDocument } from "../../shared/quarantine/quarantine-store.ts";
import { queryAll } from "../../shared/store/cosmos.ts";
import { formats } from "../../shared/store/formats.ts";
import { raiseVersions } from "../support/raise-versions.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

const SEED = 5;
const DURATION_MS = 24_000;
const ROLLS = 6;

let dir: string;
const versions = ["this", "next"] as const;

beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), "headrace-versions-"));
  await bundleApp({ entry: "functions/index.ts", outDir: join(dir, "this") });
  await bundleApp({ entry: "functions/index.ts", outDir: join(dir, "next"), plugins: [raiseVersions()] });
});

afterAll(() => rm(dir, { recursive: true, force: true }));

/** What hosts that start from now on run. */
async function choose(version: (typeof versions)[number]): Promise<void> {
  const made = join(dir, "chosen");
  symlinkSync(join(dir, version), made);
  await rename(made, join(dir, "app"));
}

/** Rolls from one version to the other and back, each time with both at once for a while. Ends with the next one. */
async function roll(stack: Stack): Promise<void> {
  for (let i = 0; i < ROLLS; i++) {
    await sleep(DURATION_MS / ROLLS / 2);
    await choose(versions[(i + 1) % 2] ?? "next");
    const isShared = await stack.startSecondHost().catch(() => false);
    await sleep(DURATION_MS / ROLLS / 2);
    if (isShared) await stack.kill("second-host");
    await stack.kill("functions-host");
    await restart(stack);
  }
  await choose("next");
  await stack.kill("functions-host");
  await restart(stack);
}

/** Under faults a host may give up while it starts. */
async function restart(stack: Stack, left = 5): Promise<void> {
  await stack.restart("functions-host").catch((error: unknown) => {
    if (left === 1) throw error;
    return restart(stack, left - 1);
  });
}

it("two versions on one state, rolled forth and back under faults, lose nothing and quarantine nothing for its version", {
  timeout: 600_000,
}, async () => {
  await choose("this");
  const options = { chaos: { profile: "off", seed: SEED }, clock: true, hostArgs: ["--queue-lease", "4"] } as const;
  const { stack, product, end } = await startTestStack({ ...options, appDir: join(dir, "app") });
  try {
    const tally = createTally();
    const load = createGeneratedLoad({ durationMs: DURATION_MS, rate: 300, random: createRandom(SEED), tally });
    const keys = await makeOrgs(stack, load.orgs);
    // This one makes the keys of receipts: with those of the next one alone it could take nothing.
    await until(() => product.readReceiptKeys().catch(() => undefined));
    stack.faults?.set("wild");
    const plan = { host: 0, emulators: 1, pauses: 1, secondHosts: 0, jumps: 1, refusals: 0 };
    const faults = disturb(stack, plan, createRandom(SEED + 1), DURATION_MS);
    const done = Promise.all([faults.done, roll(stack)]).then(() => stack.faults?.set("off"));
    const history = followRun(stack, load, keys, { random: createRandom(SEED + 2), patienceMs: PATIENCE_MS });
    const unsettled = await sendAndSettle({
      stack,
      history,
      keys,
      tally,
      disturbance: { events: faults.events, done },
    });
    expect(tally.failures).toEqual([]);
    expect(unsettled).toEqual([]);
    expect((await history.finish()).violations).toEqual([]);
    expect(await untilIdle(stack.baseUrl, [...keys.values()][0] ?? "")).toEqual([]);
    expect(await compareCounts(stack.baseUrl, keys, load, tally)).toEqual([]);

    const kept = await queryAll<QuarantineDocument>(product.cosmos.containers.quarantine, { query: "SELECT * FROM c" });
    // Only what was sent invalid, each on its own.
    const codes = new Set(["invalid_value", "unknown_field"]);
    expect(kept.filter(({ org_id, code }) => org_id === SERVICE_ORG_ID || !codes.has(code))).toEqual([]);
    // Both took events, each wrote as it does, and this one met what it could not read. The hub itself may have
    // forgotten what came first: waiting puts the clock forward.
    const entries = await queryAll<{ id: string }>(product.cosmos.containers.ledger, {
      query: 'SELECT c.id FROM c WHERE c.kind = "entry"',
    });
    const takenBy = new Set(entries.map(({ id }) => Buffer.from(id, "base64url")[0]));
    expect([...takenBy].sort()).toEqual([formats.receipt.writes, formats.receipt.writes + 1]);
    const hub = await readHub(accessOf(stack.env));
    expect(hub).toMatchObject({ newer: expect.any(Number), unreadable: 0 });
    expect(hub.newer).toBeGreaterThan(0);
    expect(await readLogs(stack.stateDir)).toContain("work of a newer release waits");
  } finally {
    await end();
  }
});

async function readLogs(stateDir: string): Promise<string> {
  const logs = join(stateDir, "logs");
  const names = (await readdir(logs, { recursive: true })).filter((name) => /functions-host|second-host/.test(name));
  return (await Promise.all(names.map((name) => readFile(join(logs, name), "utf8").catch(() => "")))).join("\n");
}
