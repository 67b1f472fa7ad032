import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { proveAccount } from "../cli/account/prove-account.ts";
import { callApi } from "../cli/call-api.ts";
import { createLocalOrgs } from "../cli/local-orgs.ts";
import type { Tally } from "../cli/send/tally.ts";
import { accessOf } from "../local/launcher/product-access.ts";
import type { Stack } from "../local/launcher/stack.ts";
import { connectCosmos } from "../shared/store/cosmos.ts";
import type { Load } from "./load.ts";
import { readMetrics } from "./read-back.ts";
import { inAHurry, PATIENCE_MS } from "./send-and-settle.ts";

/** API keys by org. */
export async function makeOrgs(
  { baseUrl, stateDir }: { readonly baseUrl: string; readonly stateDir: string },
  orgs: Iterable<string>,
): Promise<Map<string, string>> {
  const local = createLocalOrgs({ baseUrl, maxWaitMs: PATIENCE_MS }, stateDir);
  const keys = new Map<string, string>();
  for (const org of orgs) keys.set(org, (await local.ensure(org)).apiKey);
  return keys;
}

/** Compares the API's stored events, and the receipts' quarantined ones, with the sent ones. */
export async function compareCounts(
  baseUrl: string,
  keys: ReadonlyMap<string, string>,
  load: Load,
  tally: Tally,
): Promise<string[]> {
  const expected = load.counts();
  const orgs = [...keys].map(([org, apiKey]) => ({ org, apiKey }));
  const found = await readMetrics(orgs, expected, { baseUrl, maxWaitMs: PATIENCE_MS });
  const stored = [...expected.byOrg].flatMap(([org, types]) =>
    [...types].flatMap(([type, count]) => {
      const there = found.get(org)?.get(type) ?? 0;
      return there === count ? [] : [`${org}, ${type}: ${there} stored, ${count} sent`];
    }),
  );
  const quarantined = [...keys.keys()].flatMap((org) => {
    const invalid = load.invalid().get(org) ?? 0;
    const { quarantined: there } = tally.of(org);
    return there === invalid ? [] : [`${org}: ${there} quarantined, ${invalid} invalid events sent`];
  });
  return [...stored, ...quarantined];
}

/** Every receipt is settled; leftovers of lost acknowledgements and rewinds may still be on their way. */
export async function proveWhenIdle(
  { baseUrl, env, clock }: Pick<Stack, "baseUrl" | "env" | "clock">,
  keys: ReadonlyMap<string, string>,
): Promise<string[]> {
  const access = accessOf(env);
  const cosmos = connectCosmos(access.cosmos, access.credential);
  try {
    const idle = await inAHurry({ clock }, () => untilIdle(baseUrl, [...keys.values()][0] ?? ""));
    const began = performance.now();
    const { violations, messages } = await proveAccount(access, cosmos.containers);
    const seconds = Math.round((performance.now() - began) / 1000);
    process.stdout.write(
      `proved the account of ${messages.toLocaleString("en-US")} messages of the hub in ${seconds} s\n`,
    );
    return [...idle, ...violations.map((violation) => `account: ${violation}`)];
  } finally {
    cosmos.close();
  }
}

/** Gives what is not idle after all patience; otherwise nothing. */
export async function untilIdle(baseUrl: string, apiKey: string): Promise<string[]> {
  for (let least = Number.POSITIVE_INFINITY, moved = performance.now(); ; ) {
    const answer = await callApi(
      { method: "GET", path: "/api/v1/ledger", apiKey },
      { baseUrl, maxWaitMs: PATIENCE_MS },
    );
    const { envelopes_to_dispatch: envelopes = 1, work_items: items = 1 } =
      (answer.ok ? (answer.body.pipeline as Record<string, number> | null) : null) ?? {};
    if (envelopes + items === 0) return [];
    if (envelopes + items < least) {
      least = envelopes + items;
      moved = performance.now();
    }
    if (performance.now() - moved > PATIENCE_MS)
      return [`the pipeline is not idle: ${envelopes} envelopes to dispatch, ${items} work items`];
    await sleep(500);
  }
}
