import { setTimeout as sleep } from "node:timers/promises";
import { type ApiOptions, callApi } from "../../cli/call-api.ts";
import type { Random } from "../../local/launcher/faults/random.ts";
import type { Load } from "../load.ts";
import { readMetrics } from "../read-back.ts";
import type { Checker } from "./checker.ts";

export interface WatchDeps {
  readonly load: Load;
  /** API keys by org. */
  readonly keys: ReadonlyMap<string, string>;
  readonly checker: Checker;
  /** Its `fetch` records. */
  readonly api: ApiOptions;
}

const WATCHERS = 2;
const PAUSE_MS = 100;
const AT_ONCE = 8;
const HOUR_MS = 3_600_000;
/** The clocks of a run jump by less than that, all jumps together. */
const AHEAD_MS = 48 * HOUR_MS;

type Listed = { readonly org: string; readonly id: string };

/**
 * Reads what was sent again and again, while everything goes on: events, settled receipts, metrics and the ledger. The
 * end of it resolves when the readings under way are done.
 */
export function startWatching(deps: WatchDeps, random: Random): () => Promise<void> {
  let ended = false;
  const watch = async (): Promise<void> => {
    while (!ended) {
      // What cannot be read at the moment is read later.
      await readSomething(deps, random).catch(() => undefined);
      await sleep(PAUSE_MS);
    }
  };
  const watchers = Array.from({ length: WATCHERS }, watch);
  return async () => {
    ended = true;
    await Promise.all(watchers);
  };
}

/** Everything that the checker remembers, once more, and the accounts of all orgs. Throws what cannot be read. */
export async function readEverything(deps: WatchDeps): Promise<void> {
  const left = (["receipt", "event"] as const).flatMap((what) =>
    deps.checker.list(what).map((one) => [what, one] as const),
  );
  const reader = async (): Promise<void> => {
    for (let next = left.pop(); next; next = left.pop()) await readListed(deps, ...next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, reader));
  for (const org of deps.keys.keys()) await Promise.all([readAllMetrics(deps, org), readLedger(deps, org)]);
}

async function readSomething(deps: WatchDeps, random: Random): Promise<void> {
  const org = random.pick([...deps.keys.keys()]);
  const what = random.pick(["receipt", "event", "event", "metrics", "metrics", "ledger"] as const);
  if (what === "metrics") return readAllMetrics(deps, org);
  if (what === "ledger") return readLedger(deps, org);
  const listed = deps.checker.list(what);
  if (listed.length > 0) await readListed(deps, what, random.pick(listed));
}

function readListed(deps: WatchDeps, what: "receipt" | "event", { org, id }: Listed): Promise<void> {
  const name = encodeURIComponent(id);
  return read(deps, org, what === "event" ? `/api/v1/events?event_id=${name}` : `/api/v1/receipts/${name}`);
}

async function readAllMetrics({ load, keys, api }: WatchDeps, org: string): Promise<void> {
  await readMetrics([{ org, apiKey: keys.get(org) ?? "" }], load.counts(), api);
}

/** `performance.timeOrigin`: before the run began. */
function readLedger(deps: WatchDeps, org: string): Promise<void> {
  const from = new Date(performance.timeOrigin - HOUR_MS).toISOString();
  const to = new Date(performance.timeOrigin + performance.now() + AHEAD_MS).toISOString();
  return read(deps, org, `/api/v1/ledger?${new URLSearchParams({ from, to })}`);
}

/** What is not there is for the checker to judge. */
async function read({ keys, api }: WatchDeps, org: string, path: string): Promise<void> {
  const answer = await callApi({ method: "GET", path, apiKey: keys.get(org) ?? "" }, api);
  if (answer.ok || answer.problem.status === 404) return;
  throw new Error(`GET ${path}: ${answer.problem.status} ${answer.problem.code}: ${answer.problem.detail}`);
}
