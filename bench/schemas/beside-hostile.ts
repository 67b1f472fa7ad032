import os from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { connectProduct } from "../../test/support/connect-product.ts";
import { until } from "../../test/support/until.ts";
import { quantile } from "../figures/statistics.ts";
import { makeClient, timed, watch } from "../neighbours/watch.ts";
import type { Rig } from "../rig/rig.ts";
import { productTriggers, startSplitApp } from "../rig/start-app.ts";
import { hostile } from "./hostile.ts";

/** Rounds, in each of which every neighbour has its turn: what slows the machine for a while slows all of them. */
const ROUNDS = 6;
const SECONDS = 5;
const CALM_EVERY_MS = 20;
/** Requests of the neighbour: one in ten is the check of a schema, the others are an event each. */
const NEIGHBOUR_EVERY_MS = 50;
const CHECK_EVERY = 10;

export interface Beside {
  readonly neighbour: string;
  readonly answers: number;
  readonly p50: number;
  readonly p99: number;
  /** Of the machine, while it was measured. */
  readonly load: number;
}

/**
 * What a neighbour sends. Sizes and events are the same, so that what hostile schemas and events cost others is told
 * from what as many bytes cost them.
 */
interface Neighbour {
  readonly name: string;
  readonly sends: "nothing" | "texts" | "events" | "schemas and events";
}

const neighbours: readonly Neighbour[] = [
  { name: "nobody", sends: "nothing" },
  { name: "texts of the same sizes", sends: "texts" },
  { name: "the same events, without schemas", sends: "events" },
  { name: "hostile schemas and events", sends: "schemas and events" },
];

/** A calm org's 202s beside each neighbour, in turns. Rejects at an answer that must not be. */
export async function measureBeside(rig: Rig): Promise<readonly Beside[]> {
  const app = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
  app.rest();
  const product = connectProduct(app.stack);
  const calm = makeClient(app.baseUrl, await app.makeOrg("calm"));
  const event = Buffer.from('{"event_type":"calm"}');
  const found = new Map<Neighbour, { ms: number[]; load: number[] }>();
  const pressing = await Promise.all(neighbours.map((one) => prepare(app.baseUrl, product, one)));
  for (let round = 0; round < (rig.quick ? 1 : ROUNDS); round++) {
    for (const [index, neighbour] of neighbours.entries()) {
      const over = sleep((rig.quick ? 0.5 : rig.scale(SECONDS)) * 1000);
      const pressed = pressing[index]?.(over);
      const ms = await watch(over, () => timed(() => calm.post(event, "identity")), CALM_EVERY_MS);
      await pressed;
      const known = found.get(neighbour) ?? { ms: [], load: [] };
      // Connections and code are cold in the first moments of the first turn.
      known.ms.push(...(round === 0 ? ms.slice(ms.length >> 2) : ms));
      known.load.push(os.loadavg()[0] ?? 0);
      found.set(neighbour, known);
    }
    rig.say(`  round ${round + 1}: done`);
  }
  product.close();
  await app.stop();
  return [...found].map(([{ name }, { ms, load }]) => ({
    ...{ neighbour: name, answers: ms.length, p50: quantile(ms, 0.5), p99: quantile(ms, 0.99) },
    load: Math.max(...load),
  }));
}

type Press = (over: Promise<unknown>) => Promise<void>;

type Call = (path: string, body: Buffer) => Promise<number>;

/** Gives what presses until something is over. */
async function prepare(
  baseUrl: string,
  product: ReturnType<typeof connectProduct>,
  { name, sends }: Neighbour,
): Promise<Press> {
  if (sends === "nothing") return async (over) => void (await over);
  const org = await product.makeOrg(["events:write", "schemas:read", "schemas:write"]);
  const client = makeClient(baseUrl, org.key);
  const call: Call = (path, body) => client.post(body, "identity", path);
  if (sends === "schemas and events") {
    await registerAll(call);
    // Events of a type that is not there yet would be judged by nothing.
    const probe = { event_type: events[0]?.event_type, schema_version: 9, properties: {} };
    const isJudged = async () => (await org.post([probe, { event_type: "free" }])).body.quarantined === 1;
    await until(async () => ((await isJudged()) ? true : undefined));
  }
  const press = async (count: number): Promise<void> => {
    const isCheck = sends === "schemas and events" && count % CHECK_EVERY === 0;
    const [path, bodies] = isCheck
      ? (["schemas/check", checks] as const)
      : (["events", sends === "texts" ? texts : batches] as const);
    const status = await call(
      path,
      bodies[Math.floor(count / (isCheck ? CHECK_EVERY : 1)) % bodies.length] ?? Buffer.alloc(0),
    );
    if (isCheck ? status !== 200 && status !== 422 : status !== 202)
      throw new Error(`${name}: ${path} was answered ${status}`);
  };
  return (over) => pressUntil(over, press);
}

/** Each is another type. */
const types = hostile.map((one, index) => ({ ...one, event_type: `h${index}` }));
const events = types.filter(({ verdict }) => verdict !== "refused");
/** Made once, and sent as they are: what sends shares a process with what is measured, and `fetch` would copy them. */
const checks = types.map(({ event_type, schema }) =>
  Buffer.from(JSON.stringify({ event_type: `${event_type} again`, version: 1, schema })),
);
/** The second event is taken whatever becomes of the first one: a request of which nothing is valid is a 400. */
const batches = events.map(({ event_type, properties }) =>
  Buffer.from(JSON.stringify([{ event_type, properties }, { event_type: "free" }])),
);

/** As large, and of the kind that costs least. */
const texts = batches.map(({ length }) => {
  const around = '[{"event_type":"h","properties":{"a":""}},{"event_type":"free"}]';
  return Buffer.from(around.replace('""', `"${"x".repeat(Math.max(0, length - around.length))}"`));
});

async function registerAll(call: Call): Promise<void> {
  for (const { event_type, schema, verdict } of types) {
    const body = Buffer.from(JSON.stringify({ event_type, version: 1, schema, type: { mode: "enforce" } }));
    const status = await call("schemas", body);
    if (status !== (verdict === "refused" ? 422 : 201)) throw new Error(`${event_type} was answered ${status}`);
  }
}

async function pressUntil(over: Promise<unknown>, press: (count: number) => Promise<void>): Promise<void> {
  let isOver = false;
  const end = over.then(() => {
    isOver = true;
  });
  const calls: Promise<void>[] = [];
  for (let count = 0; !isOver; count++) {
    calls.push(press(count));
    await sleep(NEIGHBOUR_EVERY_MS);
  }
  await Promise.all([...calls, end]);
}
