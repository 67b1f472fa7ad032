import type { Rig } from "../rig/rig.ts";
import { plainDir, type RunningApp, startApp } from "../rig/start-app.ts";
import type { Aim, Figure } from "./figure.ts";
import { quantile } from "./statistics.ts";

const ROUNDS = 3;
const ROUND_SECONDS = 15;
const QUICK_SECONDS = 0.5;
const RATE = 2_000;
const BATCH = 20;

export const readable: Figure = {
  name: "readable",
  title: `From the 202 to the event's first reading, at a steady ${RATE} events a second`,
  measure: async (rig) => {
    const product = await startApp(rig, { appDir: rig.bundleDir });
    const plain = await startApp(rig, { appDir: plainDir });
    const apiKey = await product.makeOrg("bench");
    const problems: string[] = [];
    const found = { Headrace: [] as number[], "plain way": [] as number[] };
    const rates = { Headrace: [] as number[], "plain way": [] as number[] };
    for (let round = 0; round < (rig.quick ? 1 : ROUNDS); round++) {
      for (const [name, app] of Object.entries({ Headrace: product, "plain way": plain } as const)) {
        const sent = await sendSteadily(rig, app, apiKey);
        for (const [what, count] of Object.entries(sent.failures)) problems.push(`${name}: ${count} × ${what}`);
        found[name as keyof typeof found].push(...sent.readableMs);
        rates[name as keyof typeof rates].push(sent.events / sent.seconds);
      }
      rig.say(`  round ${round + 1} done`);
    }
    if (found.Headrace.length === 0) problems.push("Headrace: no event was found");
    const rows = Object.entries(found).map(([name, ms]) => [
      name,
      Math.min(...rates[name as keyof typeof rates]),
      ms.length,
      quantile(ms, 0.5),
      quantile(ms, 0.99),
      quantile(found.Headrace, 0.99) / quantile(ms, 0.99),
    ]);
    const p99 = quantile(found.Headrace, 0.99) / 1000;
    const aims: Aim[] = [{ what: "p99 to readable, s", found: p99, better: "less", aim: 0.5 }];
    const columns = ["", "events/s taken", "events watched", "p50, ms", "p99, ms", "Headrace ÷ it, p99"];
    return { tables: [{ columns, rows }], aims, problems, notes };
  },
};

const notes = [
  `Each app whole in one host, in turns. Batches of ${BATCH}; the last event of every tenth request is asked for by \`GET /api/v1/events/{event_id}\` every 20 ms from its 202 on. The plain way has the same endpoint, a point read.`,
];

let jobs = 0;

function sendSteadily(rig: Rig, { baseUrl }: RunningApp, apiKey: string) {
  return rig.load.send({
    ...{ baseUrl, apiKey, batch: BATCH, encoding: "identity", connections: 32, prefix: `r${jobs++}` },
    seconds: rig.quick ? QUICK_SECONDS : rig.scale(ROUND_SECONDS),
    spanMs: 3_600_000,
    rate: rig.quick ? RATE / 4 : RATE,
    probeEvery: rig.quick ? 2 : 10,
  });
}
