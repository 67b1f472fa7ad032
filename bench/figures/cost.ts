import { setTimeout as sleep } from "node:timers/promises";
import { type Usage, usageBetween } from "../../local/launcher/usage/usage-counter.ts";
import type { Rig } from "../rig/rig.ts";
import { type AppOptions, plainDir, type RunningApp, startApp } from "../rig/start-app.ts";
import type { Aim, Figure, Table } from "./figure.ts";
import { sum } from "./statistics.ts";

const EVENTS = 20_000;
const RATE = 2_000;
const PATIENCE_MS = 120_000;
const ORGS = 40;
/** RU an event with one envelope of an org in each work item: the design's own sums, by Microsoft's figures. */
const TARGETS: Readonly<Record<number, number>> = { 1: 24, 5: 9.9, 20: 7.3, 100: 6.6 };
const IDLE_SECONDS = 60;

export const cost: Figure = {
  name: "cost",
  title: "What an event costs of each service",
  measure: async (rig) => {
    const problems: string[] = [];
    const tables: Table[] = [];
    const aims: Aim[] = [];
    const product = await startApp(rig, withProxies({ appDir: rig.bundleDir }));
    const plain = await startApp(rig, withProxies({ appDir: plainDir }));
    const keys: string[] = [];
    for (let i = 0; i < (rig.quick ? 2 : ORGS); i++) keys.push(await product.makeOrg(`org-${i}`));
    const idle = await measureIdle(rig, product);
    for (const batch of rig.quick ? [100] : [1, 5, 20, 100]) {
      const own = await measureCost(rig, product, keys, batch, problems);
      const its = await measureCost(rig, plain, keys, batch, problems);
      const found = own["Cosmos DB RU"] ?? Number.NaN;
      aims.push({
        ...{ what: `RU an event, ${ORGS} orgs, batches of ${batch}`, found },
        ...{ better: "less", aim: TARGETS[batch] ?? Number.NaN },
      });
      const rows = Object.keys(own).map((what) => [
        what,
        own[what] ?? 0,
        its[what] ?? 0,
        ratioOf(own[what] ?? 0, its[what] ?? 0),
      ]);
      tables.push({ columns: [`an event, in batches of ${batch}`, "Headrace", "plain way", "Headrace ÷ it"], rows });
      rig.say(`  batches of ${batch} done`);
    }
    return { tables: [...tables, idle], aims, problems, notes };
  },
};

const notes = [
  `Counted, not estimated: Event Hubs and Cosmos DB by the emulators, storage by a proxy. ${ORGS} orgs take turns. At ${RATE} events a second (batches of 1: a quarter of that), until the pipeline is at rest; what is done without events (checkpoints, polls of an idle queue, timers) within that time is in it.`,
  "RU of writes and point reads by Microsoft's own figures (local/emulators/cosmos/charge.ts has them with their source): 4.95 to write 1 KB and 0.2 for each index term that the document has; a replace is a delete and a write, a patch 0.4 more for each of its operations; a point read 1. Queries are our guess: 2, 0.05 for each document read, 0.005 for each passed over in an index and 0.3 for each KB answered. Further regions cost more.",
  "The plain way writes into the same container, with its lean index; the default index of a new container would cost it more.",
];

/** No faults. Only the proxies before storage are needed, since they count. */
function withProxies(options: AppOptions): AppOptions {
  return { ...options, chaos: { profile: "off" } };
}

function ratioOf(own: number, its: number): number | string {
  return its === 0 ? "" : own / its;
}

interface Counts {
  readonly cosmos: Usage;
  readonly hubs: Usage;
  readonly storage: Usage;
}

async function readCounts({ stack }: RunningApp): Promise<Counts> {
  const [cosmos, hubs] = await Promise.all([stack.usage("cosmos"), stack.usage("event-hubs")]);
  return { cosmos, hubs, storage: stack.faults?.storageRequests() ?? {} };
}

let jobs = 0;

async function measureCost(
  rig: Rig,
  app: RunningApp,
  [apiKey = "", ...otherKeys]: readonly string[],
  batch: number,
  problems: string[],
): Promise<Record<string, number>> {
  const events = rig.scale(batch === 1 ? EVENTS / 10 : EVENTS);
  const before = await readCounts(app);
  const sent = await rig.load.send({
    ...{
      baseUrl: app.baseUrl,
      apiKey,
      otherKeys,
      batch,
      events,
      encoding: "identity",
      connections: 16,
      prefix: `k${jobs++}`,
    },
    rate: batch === 1 ? RATE / 4 : RATE,
    seconds: 120,
    spanMs: 3_600_000,
  });
  for (const [what, count] of Object.entries(sent.failures)) problems.push(`batches of ${batch}: ${count} × ${what}`);
  const used = await waitForAll(app, before, sent.events, problems);
  return perEvent(used, sent.events);
}

/** Everything is stored. Then the last accounts are closed, and the slots that were drawn for it merged. */
async function waitForAll(app: RunningApp, before: Counts, events: number, problems: string[]): Promise<Counts> {
  const deadline = Date.now() + PATIENCE_MS;
  for (;;) {
    const created = usageBetween(before.cosmos, (await readCounts(app)).cosmos)["created events"] ?? 0;
    if (created >= events) break;
    if (Date.now() > deadline) {
      problems.push(`${created} of ${events} events were stored`);
      break;
    }
    await sleep(50);
  }
  await sleep(2_000);
  return between(before, await readCounts(app));
}

function between(before: Counts, after: Counts): Counts {
  return {
    cosmos: usageBetween(before.cosmos, after.cosmos),
    hubs: usageBetween(before.hubs, after.hubs),
    storage: usageBetween(before.storage, after.storage),
  };
}

/** One instance of everything without a request, extended to an hour. */
async function measureIdle(rig: Rig, app: RunningApp): Promise<Table> {
  const seconds = rig.quick ? 1 : rig.scale(IDLE_SECONDS);
  const before = await readCounts(app);
  await sleep(seconds * 1000);
  const used = between(before, await readCounts(app));
  const rows = Object.entries(perEvent(used, seconds / 3600));
  return { columns: ["idle, an hour of one instance", "Headrace"], rows };
}

function perEvent({ cosmos, hubs, storage }: Counts, events: number): Record<string, number> {
  const of = (usage: Usage, pattern: RegExp): number =>
    sum(Object.entries(usage).flatMap(([name, count]) => (pattern.test(name) ? [count] : []))) / events;
  return {
    "Event Hubs messages": of(hubs, /^messages$/),
    "Event Hubs sends": of(hubs, /^sends$/),
    "Event Hubs bytes in": of(hubs, /^bytes$/),
    "queue operations": of(storage, /^queue /),
    "blob operations": of(storage, /^blob /),
    "Cosmos DB requests": of(cosmos, /^requests$/),
    "Cosmos DB documents created": of(cosmos, /^created /),
    "Cosmos DB RU": of(cosmos, /^RU$/),
  };
}
