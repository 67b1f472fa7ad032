import { basename } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { callApi } from "../../cli/call-api.ts";
import { openSource } from "../../cli/send/read-lines.ts";
import { sendFile } from "../../cli/send/send-file.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import type { RunningProduct } from "../../test/support/connect-product.ts";
import { until } from "../../test/support/until.ts";
import { type Edit, type Edits, mapping, readEdits } from "./read-edits.ts";

/** What a run found. */
export interface RunReport {
  readonly edits: number;
  readonly unfit: number;
  /** How often the host was killed before the replay was done. */
  readonly kills: number;
  /** How often the account was proven while the replay stood still in the midst of it. */
  readonly proofs: number;
  /** Of the first replay, and of the second. */
  readonly counts: readonly unknown[];
  /** What is not as it should be; empty when all is. */
  readonly differences: string[];
}

export interface RunOptions {
  readonly stack: Stack;
  readonly product: RunningProduct;
  /** NDJSON of Wikipedia edits. */
  readonly file: string;
  readonly say: (text: string) => void;
}

type Body = Readonly<Record<string, unknown>>;
type Call = (method: "GET" | "POST" | "PATCH", path: string, body?: Body) => Promise<Body>;

interface Run extends RunOptions {
  readonly edits: Edits;
  readonly call: Call;
  readonly key: string;
  readonly differences: string[];
  /** Events that were sent to see whether schemas judge by now. */
  probes: number;
  proofs: number;
}

const PATIENCE_MS = 120_000;
const KILLS = 2;
const PROBE = "probe";
const numeric = { type: "object", properties: { delta: { type: "number" } } };

/**
 * Sends a file of edits to an org whose schema 5 % of them violate, relaxes the schema, and replays what waits in
 * quarantine, twice, while the host is killed and frozen. The account is proven whenever it stands still.
 */
export async function relaxAndReplay(options: RunOptions): Promise<RunReport> {
  const edits = await readEdits(options.file);
  const { key } = await options.product.makeOrg();
  const run: Run = {
    ...options,
    edits,
    key,
    call: createCall(options.stack, key),
    differences: [],
    probes: 0,
    proofs: 0,
  };
  const { say } = options;
  say(`${edits.all.size} edits, ${edits.unfit.size} of them with a delta above ${edits.bound}`);
  await register(run, 1, { ...numeric, properties: { delta: { type: "number", maximum: edits.bound } } });
  await untilJudged(run);
  await send(run);
  await compareWaiting(run);
  say("exactly those are looked for in quarantine; the schema is relaxed");
  await register(run, 2, numeric);
  const first = await replayDisturbed(run);
  say(`replayed: ${JSON.stringify(first.counts)}, with ${first.kills} kills and ${run.proofs} proofs of the account`);
  const second = await replay(run);
  await compareAfterwards(run, [first.counts, second.counts]);
  return {
    ...{ edits: edits.all.size, unfit: edits.unfit.size, kills: first.kills, proofs: run.proofs },
    ...{ counts: [first.counts, second.counts], differences: run.differences },
  };
}

function createCall({ baseUrl }: Stack, apiKey: string): Call {
  return async (method, path, body) => {
    const sent = body === undefined ? {} : { body: Buffer.from(JSON.stringify(body)) };
    const request = { method, path: `/api/v1/${path}`, apiKey, ...sent };
    const answer = await callApi(request, { baseUrl, maxWaitMs: PATIENCE_MS });
    if (answer.ok) return answer.body;
    throw new Error(`${method} ${path}: ${answer.problem.status} ${answer.problem.code}: ${answer.problem.detail}`);
  };
}

function check({ differences }: Run, what: string, found: unknown, wanted: unknown): void {
  const [is, should] = [JSON.stringify(found), JSON.stringify(wanted)];
  if (is !== should) differences.push(`${what}: ${is} instead of ${should}`);
}

/** Events that name no version are held against the oldest active one. */
async function register({ call, edits }: Run, version: number, schema: Body): Promise<void> {
  const type = { mode: "enforce" };
  for (const event_type of edits.types) {
    await call("POST", "schemas", { event_type, version, schema, ...(version === 1 && { type }) });
    if (version > 1) await call("PATCH", "schemas/version", { event_type, version: version - 1, status: "deprecated" });
  }
  if (version === 1) await call("POST", "schemas", { event_type: PROBE, version, schema, type });
}

/** Until the instance knows the last of them: what is sent before is not judged. */
async function untilJudged(run: Run): Promise<void> {
  await until(async () => {
    const probe = { event_id: `probe-${run.probes++}`, event_type: PROBE, properties: { delta: "none" } };
    const { quarantined } = await run.call("POST", "events", probe);
    if (quarantined === 1) return true;
    await sleep(500);
    return undefined;
  }, PATIENCE_MS);
}

async function send(run: Run): Promise<void> {
  const { file, stack, key, edits } = run;
  const { tally } = await sendFile({
    ...{ source: openSource(file), sourceName: basename(file), mapping, keyFor: async () => key },
    api: { baseUrl: stack.baseUrl, maxWaitMs: PATIENCE_MS },
    ...{ batchSize: 100, concurrency: 4, compression: "gzip", wait: true, patienceMs: PATIENCE_MS },
  });
  const { accepted, stored, duplicate, quarantined } = tally.total();
  const [all, unfit] = [edits.all.size, edits.unfit.size];
  check(run, "sent", [accepted, stored, duplicate, quarantined], [all, all - unfit, 0, unfit]);
}

/** Each page of a list, as long as there is one more. */
async function* pages({ call }: Run, path: string): AsyncGenerator<Body> {
  let cursor: unknown = "";
  do {
    const page: Body = await call("GET", `${path}${cursor ? `&cursor=${cursor}` : ""}`);
    yield page;
    cursor = page.next_cursor;
  } while (cursor);
}

/** What does not fit, and nothing else, waits; beside it a probe. */
async function compareWaiting(run: Run): Promise<void> {
  const waiting: string[] = [];
  for await (const { events } of pages(run, "quarantine?code=schema_mismatch&limit=1000"))
    waiting.push(...(events as { readonly event_id: string }[]).map(({ event_id }) => event_id));
  const strange = waiting.filter((id) => !run.edits.unfit.has(id) && !id.startsWith(PROBE));
  check(run, "in quarantine", [waiting.length, strange], [run.edits.unfit.size + 1, []]);
}

interface Job {
  readonly state: string;
  readonly counts: Body;
  readonly done: number;
}

async function start({ call }: Run): Promise<() => Promise<Job>> {
  const { job_id } = await call("POST", "quarantine/replay", { code: "schema_mismatch" });
  return async () => {
    const { state, counts, progress } = await call("GET", `jobs/${job_id}`);
    return { state: String(state), counts: Object(counts) as Body, done: Number(Object(progress).done) };
  };
}

async function replay(run: Run): Promise<Job> {
  const read = await start(run);
  return until(async () => {
    const job = await read();
    if (job.state === "done") return job;
    await sleep(200);
    return undefined;
  }, PATIENCE_MS);
}

/** How often, at most, the host is stopped while the replay goes on: each proof reads everything. */
const STOPS = 20;

/** The same, while the host is killed twice, and stopped again and again: then the account must close. */
async function replayDisturbed(run: Run): Promise<Job & { readonly kills: number }> {
  const { stack, edits } = run;
  const read = await start(run);
  for (let [kills, proven] = [0, -1]; ; ) {
    const job = await read();
    if (job.state === "done") return { ...job, kills };
    if (kills < KILLS && job.done >= (kills * edits.unfit.size) / (KILLS + 1)) {
      await stack.kill("functions-host");
      await prove(run);
      await stack.restart("functions-host");
      kills++;
    } else if (job.done > proven + edits.unfit.size / STOPS) {
      await stack.kill("functions-host", "SIGSTOP");
      await prove(run);
      await stack.kill("functions-host", "SIGCONT");
      proven = job.done;
    }
    await sleep(500);
  }
}

/** What is under way between the host and its stores, after it stands still. */
const REST_MS = 300;

async function prove(run: Run): Promise<void> {
  await sleep(REST_MS);
  const { violations } = await proveAccount(accessOf(run.stack.env), run.product.cosmos.containers);
  run.differences.push(...violations.map((one) => `while it is replayed, account: ${one}`));
  run.proofs++;
}

/** As if no event had ever waited; but receipts show both steps. */
async function compareAfterwards(run: Run, counts: readonly Body[]): Promise<void> {
  const { edits } = run;
  // The probe's own schema is as it was.
  check(run, "the first replay", counts[0], { stored: edits.unfit.size, quarantined: 1 });
  check(run, "the second replay", counts[1], { quarantined: 1 });
  const all = [...edits.all.values()];
  const range = rangeOf(all);
  const { series } = await run.call("GET", `metrics/events?${range}&interval=day`);
  const metrics = new Map<string, number>();
  for (const { event_type, count } of series as { readonly event_type: string; readonly count: number }[])
    metrics.set(event_type, (metrics.get(event_type) ?? 0) + count);
  const wanted = [...Map.groupBy(all, ({ type }) => type)].map(([type, own]) => [type, own.length] as const);
  check(run, "metrics", sorted(metrics), sorted(wanted));
  await compareReceipts(run, await compareStored(run, range));
  const { totals } = await run.call("GET", "ledger");
  const stored = all.length + run.probes - 1;
  check(run, "the ledger", totals, { settled: stored + 1, stored, duplicate: 0, quarantined: 1 });
  await prove(run);
}

function sorted(counts: Iterable<readonly [string, number]>): (readonly [string, number])[] {
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1));
}

const DAY_MS = 86_400_000;

/** Whole days around them. */
function rangeOf(all: readonly Edit[]): string {
  let [first, last] = [Number.POSITIVE_INFINITY, 0];
  for (const { time } of all) [first, last] = [Math.min(first, time), Math.max(last, time)];
  const day = (days: number): string => new Date(days * DAY_MS).toISOString();
  return `from=${day(Math.floor(first / DAY_MS))}&to=${day(Math.floor(last / DAY_MS) + 1)}`;
}

/** Each event is there once, under its own type and time. Gives their receipts. */
async function compareStored(run: Run, range: string): Promise<ReadonlySet<string>> {
  const missing = new Map(run.edits.all);
  const receipts = new Set<string>();
  const select = "event_id,event_type,timestamp,receipt_id";
  for await (const { events } of pages(run, `events?${range}&limit=1000&select=${select}`)) {
    for (const { event_id, event_type, timestamp, receipt_id } of events as Readonly<Record<string, string>>[]) {
      const edit = missing.get(event_id ?? "");
      missing.delete(event_id ?? "");
      receipts.add(receipt_id ?? "");
      check(run, `the event ${event_id}`, [event_type, Date.parse(timestamp ?? "")], [edit?.type, edit?.time]);
    }
  }
  check(run, "events that are not there", missing.size, 0);
  return receipts;
}

/** Of each batch: nothing waits, and what was replayed says that it had. */
async function compareReceipts(run: Run, ids: ReadonlySet<string>): Promise<void> {
  let replayed = 0;
  for (const id of ids) {
    const { accepted, stored, results } = await run.call("GET", `receipts/${id}`);
    check(run, `the receipt ${id}`, stored, accepted);
    for (const { result, code, adjusted } of results as Body[]) {
      check(run, `a result of ${id}`, [result, code, adjusted], ["stored", "schema_mismatch", "replayed"]);
      replayed++;
    }
  }
  check(run, "results that say `replayed`", replayed, run.edits.unfit.size);
}
