import { setTimeout as sleep } from "node:timers/promises";
import type { Aim, Measured } from "../figures/figure.ts";
import { median, quantile } from "../figures/statistics.ts";
import type { Rig } from "../rig/rig.ts";
import { productTriggers, startSplitApp } from "../rig/start-app.ts";
import { makeOrdinaryBody, makeWorstBodies, type WorstBody } from "./make-bodies.ts";
import { type Client, makeClient, timed, watch } from "./watch.ts";

const ROUNDS = 5;
const QUICK_BODIES = 4;
const ASK_EVERY_MS = 2;
/** What the loop may be held for by any body, and by how much more than by the largest ordinary one. */
const MOST_MS = 300;
const MOST_RATIO = 1.5;

const CALM_SECONDS = 20;
const CALM_EVERY_MS = 20;
const CALM_MOST_MS = 1_000;
/** Of the sender that repeats the worst. */
const CONNECTIONS = 8;

/** How long any body holds the event loop, and another org's 202 beside the worst of them. */
export async function measureHolds(rig: Rig): Promise<Measured> {
  const app = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
  app.rest();
  const sender = makeClient(app.baseUrl, await app.makeOrg("sender"));
  const calm = makeClient(app.baseUrl, await app.makeOrg("calm"));
  const problems: string[] = [];
  const ordinary = makeOrdinaryBody();
  const held: Held[] = [];
  const worstBodies = rig.quick ? makeWorstBodies().slice(0, QUICK_BODIES) : makeWorstBodies();
  for (const body of [ordinary, ...worstBodies]) held.push(await hold(rig, body, sender, problems));
  rig.say("  the event loop: done");
  const [usual, ...others] = held;
  const worst = others.toSorted((a, b) => b.most - a.most)[0];
  if (!usual || !worst) throw new RangeError("no body was sent");
  const calmMs = await sendBesides(rig, sender, worst.body, calm);
  await app.stop();
  return {
    tables: [
      {
        columns: ["the most of", "answer", "MB unpacked", "KB sent", "held, ms (worst)", "held, ms (median)"],
        rows: held.map(({ body, most, usual: middle }) => [
          ...[body.name, body.status, body.bytes / 1e6, body.packed.length / 1e3],
          ...[most, middle],
        ]),
      },
      {
        columns: [`another org's 202, beside ${CONNECTIONS} connections that repeat the worst`, "p50, ms", "p99, ms"],
        rows: [[worst.body.name, median(calmMs), quantile(calmMs, 0.99)]],
      },
    ],
    aims: aimsOf(usual, others, calmMs),
    problems,
    notes,
  };
}

const notes = [
  "Functions of HTTP in an instance of their own, as on Azure. The loop counts as held for as long as the longest answer to `GET /api/health/live` takes, asked every 2 ms while a body is sent, posted and answered; each body several times, and one time before that does not count. The ratio is that of medians: the longest of thirty rows is the longest of thirty accidents too. Bodies are packed with zstd, which the product unpacks in other threads.",
  "The largest ordinary body has 5,000 events with 40 properties each, and is full to the limit of 20 MiB: 4,193 bytes an event. Bodies that are refused are beyond a limit.",
];

interface Held {
  readonly body: WorstBody;
  readonly most: number;
  /** The median of the rounds. */
  readonly usual: number;
}

async function hold(rig: Rig, body: WorstBody, sender: Client, problems: string[]): Promise<Held> {
  const rounds: number[] = [];
  for (let round = -1; round < (rig.quick ? 1 : ROUNDS); round++) {
    const sending = sender.post(body.packed, "zstd");
    const answers = await watch(sending, () => timed(() => sender.ask()), ASK_EVERY_MS);
    const status = await sending;
    if (status !== body.status) problems.push(`${body.name}: answered ${status}, expected ${body.status}`);
    if (round >= 0) rounds.push(Math.max(...answers));
  }
  return { body, most: Math.max(...rounds), usual: median(rounds) };
}

/** Milliseconds of a calm org's 202s while a sender repeats a body on several connections. */
async function sendBesides(rig: Rig, sender: Client, body: WorstBody, calm: Client): Promise<number[]> {
  const ends = performance.now() + (rig.quick ? 0.5 : rig.scale(CALM_SECONDS)) * 1000;
  const repeat = async (): Promise<void> => {
    while (performance.now() < ends) await sender.post(body.packed, "zstd");
  };
  const flood = Promise.all(Array.from({ length: CONNECTIONS }, repeat));
  await sleep(100);
  const event = Buffer.from('{"event_type":"calm"}');
  return watch(flood, () => timed(() => calm.post(event, "identity")), CALM_EVERY_MS);
}

function aimsOf(ordinary: Held, others: readonly Held[], calmMs: readonly number[]): Aim[] {
  const most = Math.max(...others.map((other) => other.most));
  const ratio = Math.max(...others.map((other) => other.usual)) / ordinary.usual;
  return [
    { what: "event loop held by the worst body, ms", found: most, better: "less", aim: MOST_MS },
    { what: "÷ by the largest ordinary body, medians", found: ratio, better: "less", aim: MOST_RATIO },
    { what: "another org's 202 beside it, p99, ms", found: quantile(calmMs, 0.99), better: "less", aim: CALM_MOST_MS },
  ];
}
