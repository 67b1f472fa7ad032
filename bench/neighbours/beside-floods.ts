import { cpus } from "node:os";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import type { LedgerView } from "../../shared/query/query-ledger.ts";
import type { Aim, Measured } from "../figures/figure.ts";
import { quantile, sum } from "../figures/statistics.ts";
import { type LoadProcess, startLoad } from "../load/load-process.ts";
import { startCpuClock } from "../rig/process-stat.ts";
import type { Rig } from "../rig/rig.ts";
import { type SpreadApp, startSpreadProduct } from "../rig/start-app.ts";
import { type Flood, type FloodJob, floods } from "./floods.ts";

const SECONDS = 20;
const QUICK_SECONDS = 1;
/** Of the calm org: events a second, one in a request, and for how many of them it is watched when they can be read. */
const CALM_RATE = 20;
const CALM_PROBE_EVERY = 4;
const CALM_CONNECTIONS = 8;
/** While Event Hubs hangs, each request takes 10 s. */
const HANGING_RATE = 2;
const HANGING_CONNECTIONS = 64;
const HANGING_SECONDS = 30;
/** Request units that a partition may spend in a second, as in Azure; with so many, two orgs hardly ever share one. */
const RANGE_RU = 10_000;
const RANGES = 50;
/** What a partition may spend when the flooding org is throttled: about 1 % of what its flood costs. */
const THROTTLED_RU = 200;
/** Each of the calm org's events costs some 30 RU, and its own partition is as small. */
const THROTTLED_CALM_RATE = 4;
const THROTTLED_RATE = 30;

const MOST_RATIO = 1.5;
const MOST_202_MS = 300;
const MOST_READABLE_MS = 5_000;

/** A calm org, alone and beside another one's floods: paced to half of the processor, and without pace. */
export async function measureFloods(rig: Rig): Promise<Measured> {
  const calmLoad = await startLoad();
  rig.onClose(() => calmLoad.close());
  const rows: Row[] = [];
  const problems: string[] = [];
  const aims: Aim[] = [];
  const loads = { flood: rig.load, calm: calmLoad };
  let run: Run | undefined;
  for (const flood of rig.quick ? floods.slice(-1) : floods) {
    await run?.app.stop();
    run = await startRun(rig, loads, problems);
    rows.push(...(await measureFlood(run, flood, aims)));
  }
  if (run) rows.push(...(await measureHanging(run, aims)));
  rows.push(...(await measureThrottled(await startRun(rig, loads, problems, throttledLimits), aims)));
  return { tables: [{ columns, rows: rows.map(toCells) }], aims, problems, notes };
}

const notes = [
  `A calm org posts ${CALM_RATE} single events a second; every ${CALM_PROBE_EVERY}th is asked for every 20 ms from its answer on. Instances of HTTP, of the lane for bulk and of everything else are apart, as Azure scales them, and a partition of Cosmos DB may spend ${RANGE_RU} RU/s. Each row has the same two orgs, a new product for each flood. The price of a flood is the processor time of everything (product, emulators, load) that some of its requests took, until all was at rest; its pace is such that it takes half of the machine's processors. Processor shares are of the whole machine; the load's is that of the flood's generator alone.`,
  "Refused: what was not taken of the flood. 503 `busy` is an answer that it may get, the calm org may not.",
  `Throttled: each partition of Cosmos DB may spend ${THROTTLED_RU} RU/s, about 1 % of what ${THROTTLED_RATE} batches of 100 a second cost; the calm org lives in others, and posts ${THROTTLED_CALM_RATE} events a second. Hanging: Event Hubs stands still (SIGSTOP), answers are 503, and what is compared is how long they take.`,
];

interface Run {
  readonly rig: Rig;
  readonly app: SpreadApp;
  readonly loads: { readonly flood: LoadProcess; readonly calm: LoadProcess };
  readonly keys: { readonly flood: string; readonly calm: string };
  readonly seconds: number;
  readonly problems: string[];
}

/** What a partition may spend in a second, and what the calm org sends in one. */
interface Limits {
  readonly rangeRu: number;
  readonly calmRate: number;
}

const azureLimits: Limits = { rangeRu: RANGE_RU, calmRate: CALM_RATE };
const throttledLimits: Limits = { rangeRu: THROTTLED_RU, calmRate: THROTTLED_CALM_RATE };

async function startRun(
  rig: Rig,
  loads: Run["loads"],
  problems: string[],
  { rangeRu, calmRate } = azureLimits,
): Promise<Run> {
  const cosmosArgs = ["--partition-ranges", String(RANGES), "--range-ru", String(rangeRu)];
  const app = await startSpreadProduct(rig, { cosmosArgs });
  const keys = { flood: await app.makeOrg("flood"), calm: await app.makeOrg("calm") };
  const run = { rig, app, loads, keys, seconds: rig.quick ? QUICK_SECONDS : rig.scale(SECONDS), problems };
  await measureCalm(run, { name: "warm", calmRate });
  return run;
}

interface Row {
  readonly name: string;
  readonly statusMs: readonly number[];
  readonly readableMs: readonly number[];
  readonly perSecond: number;
  readonly refused: number;
  /** Of the machine. */
  readonly share: number;
  readonly loadShare: number;
}

const columns = [
  ...["a calm org", "202 p50, ms", "202 p99, ms", "readable p50, ms", "readable p99, ms"],
  ...["flood, requests/s", "refused", "processors", "the load's"],
];

function toCells({ name, statusMs, readableMs, perSecond, refused, share, loadShare }: Row): (string | number)[] {
  const times = [statusMs, readableMs].flatMap((ms) => [quantile(ms, 0.5), quantile(ms, 0.99)]);
  return [name, ...times, perSecond, refused, percent(share), percent(loadShare)];
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

interface Beside {
  readonly name: string;
  readonly flood?: Flood;
  /** Requests a second of the flood. */
  readonly rate?: number;
  readonly calmRate?: number;
}

/** Another org's flood begins before the calm org's requests, and ends after them. */
async function measureCalm(run: Run, { name, flood, rate, calmRate = CALM_RATE }: Beside): Promise<Row> {
  const { app, loads, keys, seconds, problems } = run;
  const job = { baseUrl: app.baseUrl, apiKey: keys.flood, seconds: seconds + 1, ...(rate !== undefined && { rate }) };
  const flooding = flood?.run(loads.flood, job);
  if (flood) await sleep(500);
  const clock = startShares(run);
  const calm = await loads.calm.send({
    ...{ baseUrl: app.baseUrl, apiKey: keys.calm, batch: 1, encoding: "identity", connections: CALM_CONNECTIONS },
    ...{ rate: calmRate, probeEvery: CALM_PROBE_EVERY, prefix: `c${jobs++}`, spanMs: 3_600_000, seconds, timed: true },
  });
  const shares = clock();
  for (const [what, count] of Object.entries(calm.failures)) problems.push(`${name}: the calm org: ${count} × ${what}`);
  return toRow(name, calm, shares, await flooding);
}

let jobs = 0;

function toRow(
  name: string,
  calm: { readonly latenciesMs: readonly number[]; readonly readableMs: readonly number[] },
  shares: Pick<Row, "share" | "loadShare">,
  sent?: Awaited<ReturnType<Flood["run"]>>,
): Row {
  const refused = sum(Object.values(sent?.failures ?? {}));
  const perSecond = sent ? sent.requests / sent.seconds : 0;
  return { name, statusMs: calm.latenciesMs, readableMs: calm.readableMs, perSecond, refused, ...shares };
}

/** The processors' time that everything of a run takes, in all, and that of the flood's generator. */
function startShares({ app, loads }: Run): () => Pick<Row, "share" | "loadShare"> {
  const began = performance.now();
  const all = startCpuClock({ ...app.pids, flood: loads.flood.pid, calm: loads.calm.pid, bench: process.pid });
  return () => {
    const used = all();
    const whole = (performance.now() - began) * cpus().length;
    return { share: sum(Object.values(used)) / whole, loadShare: (used.flood ?? 0) / whole };
  };
}

async function measureFlood(run: Run, flood: Flood, aims: Aim[]): Promise<Row[]> {
  if (flood.needs > 0) await fill(run, flood.needs);
  const alone = await measureCalm(run, { name: "alone" });
  const rate = await findPace(run, flood);
  const paced = await measureCalm(run, { name: `beside ${flood.name}, at half of the processors`, flood, rate });
  await rest(run);
  const free = await measureCalm(run, { name: `beside ${flood.name}, as many as go`, flood });
  compare(aims, paced, alone);
  for (const [what, ms, aim] of [
    ["202", free.statusMs, MOST_202_MS],
    ["readable", free.readableMs, MOST_READABLE_MS],
  ] as const)
    aims.push({ what: `${free.name}: ${what} p99, ms`, found: quantile(ms, 0.99), better: "less", aim });
  run.rig.say(`  ${flood.name}: done`);
  return [alone, paced, free];
}

function compare(aims: Aim[], beside: Row, alone: Row): void {
  const ratioOf = (of: "statusMs" | "readableMs"): number => quantile(beside[of], 0.99) / quantile(alone[of], 0.99);
  const aim = { better: "less", aim: MOST_RATIO } as const;
  aims.push({ what: `${beside.name}: 202 p99 ÷ alone`, found: ratioOf("statusMs"), ...aim });
  if (alone.readableMs.length > 0)
    aims.push({ what: `${beside.name}: readable p99 ÷ alone`, found: ratioOf("readableMs"), ...aim });
}

async function fill({ app, loads, keys }: Run, events: number): Promise<void> {
  await loads.flood.send({
    ...{ baseUrl: app.baseUrl, apiKey: keys.flood, batch: 100, encoding: "identity", connections: 4 },
    ...{ prefix: "fill", spanMs: 3_600_000, seconds: 60, events },
  });
}

/** Requests a second of a flood that take half of the processors, by the price of some of them. */
async function findPace(run: Run, flood: Flood): Promise<number> {
  await rest(run);
  const requests = run.rig.quick ? 2 : flood.sample;
  const job: FloodJob = { baseUrl: run.app.baseUrl, apiKey: run.keys.flood, seconds: 60, requests };
  const readCpu = startCpuClock({ ...run.app.pids, flood: run.loads.flood.pid });
  const { requests: sent } = await flood.run(run.loads.flood, job);
  await rest(run);
  const seconds = sum(Object.values(readCpu())) / 1000 / sent;
  return cpus().length / 2 / seconds;
}

/** An answer of the backlog is shared for a second. */
const REST_LOOK_MS = 1_100;
const REST_LOOKS = 2;
const REST_MOST_MS = 120_000;

/** Until what was sent is stored: twice in a row nothing is in work. */
async function rest({ app, keys, problems }: Run): Promise<void> {
  const until = performance.now() + REST_MOST_MS;
  const headers = { authorization: `Bearer ${keys.calm}` };
  let quiet = 0;
  do {
    await sleep(REST_LOOK_MS);
    const answer = await fetch(`${app.baseUrl}/api/v1/ledger`, { headers });
    const { pipeline } = (await answer.json()) as Pick<LedgerView, "pipeline">;
    if (pipeline && pipeline.envelopes_to_dispatch + pipeline.work_items === 0) quiet++;
    else quiet = 0;
    if (quiet === REST_LOOKS) return;
  } while (performance.now() < until);
  problems.push(`something was in work for longer than ${REST_MOST_MS / 1000} s`);
}

async function measureThrottled(run: Run, aims: Aim[]): Promise<Row[]> {
  const [flood] = floods;
  const alone = await measureCalm(run, { name: "alone, partitions limited", calmRate: THROTTLED_CALM_RATE });
  const name = "beside batches of 100, the flooding org throttled to about 1 %";
  const beside = { name, rate: THROTTLED_RATE, calmRate: THROTTLED_CALM_RATE };
  const throttled = await measureCalm(run, flood ? { ...beside, flood } : beside);
  compare(aims, throttled, alone);
  run.rig.say("  throttled: done");
  await run.app.stop();
  return [alone, throttled];
}

/** What others wait for an answer while Event Hubs hangs: alone, and beside large bodies without pace. */
async function measureHanging(run: Run, aims: Aim[]): Promise<Row[]> {
  const { app, rig } = run;
  await rest(run);
  const flood = floods.find(({ name }) => name.startsWith("large bodies"));
  process.kill(app.pids["event-hubs"], "SIGSTOP");
  try {
    const alone = await measureAnswers(run, { name: "Event Hubs hangs: alone (503)" });
    const name = "Event Hubs hangs: beside large bodies (503)";
    const beside = await measureAnswers(run, flood ? { name, flood } : { name });
    compare(aims, beside, alone);
    rig.say("  hanging: done");
    return [alone, beside];
  } finally {
    process.kill(app.pids["event-hubs"], "SIGCONT");
    await app.stop();
  }
}

async function measureAnswers(run: Run, { name, flood }: Beside): Promise<Row> {
  const { app, loads, keys, rig } = run;
  const seconds = rig.quick ? QUICK_SECONDS : rig.scale(HANGING_SECONDS);
  const flooding = flood?.run(loads.flood, { baseUrl: app.baseUrl, apiKey: keys.flood, seconds });
  if (flood) await sleep(500);
  const clock = startShares(run);
  const calm = await loads.calm.send({
    ...{ baseUrl: app.baseUrl, apiKey: keys.calm, batch: 1, encoding: "identity", connections: HANGING_CONNECTIONS },
    ...{ rate: HANGING_RATE, prefix: `c${jobs++}`, spanMs: 3_600_000, seconds, timed: true },
  });
  const shares = clock();
  for (const [what, count] of Object.entries(calm.failures))
    if (what !== "status 503") run.problems.push(`${name}: the calm org: ${count} × ${what}`);
  return toRow(name, calm, shares, await flooding);
}
