import process from "node:process";
import { createAccessWorld, type Instance } from "../../test/support/access-world.ts";
import type { Figure } from "./figure.ts";

const RUNS = 20_000;
const NEW_TOKENS = 3_000;
const ROUNDS = 5;

export const authentication: Figure = {
  name: "authentication",
  title: "What authenticating a request costs",
  measure: async (rig) => {
    const runs = Math.max(100, rig.scale(RUNS));
    const world = createAccessWorld();
    const instance = world.startInstance();
    const { key } = await world.makeKey("acme");
    const token = await issue(instance, world.clock.now);
    const take = (credential: string) =>
      measure(runs, () => instance.authenticate(`Bearer ${credential}`, "events:read"));
    const refused = (credential: string) => measure(runs, () => refuse(instance, credential));
    const [seenKey, seenToken] = [await take(key), await take(token)];
    const rows: [string, number][] = [
      ["API key, seen before", seenKey],
      ["access token, seen before", seenToken],
      ["access token, new: one ES256 verification", await measureNew(instance, world.clock.now, rig.scale(NEW_TOKENS))],
      ["access token, refused before", await refused(forge(token))],
      ["API key, mistyped", await refused(mistype(key))],
    ];
    return {
      tables: [{ columns: ["credential", "µs"], rows }],
      aims: [
        { what: "API key seen before, µs", found: seenKey, better: "less", aim: 20 },
        { what: "access token seen before, µs", found: seenToken, better: "less", aim: 20 },
      ],
      notes: [
        `Processor time of one thread, without HTTP and with stores in memory; the best of ${ROUNDS} rounds of ${runs}.`,
      ],
      problems: [],
    };
  },
};

async function issue(instance: Instance, asOf: number): Promise<string> {
  const scopes = ["events:read", "events:write"] as const;
  return (await instance.issue({ orgId: "acme", subject: "key:k1", scopes, asOf })).accessToken;
}

/** Changes a letter within the signature. Not the last one, since not every bit of it counts. */
function forge(token: string): string {
  const at = token.length - 10;
  return `${token.slice(0, at)}${token[at] === "A" ? "B" : "A"}${token.slice(at + 1)}`;
}

/** Changes the last character, so that the checksum is wrong. */
function mistype(key: string): string {
  return key.slice(0, -1) + (key.endsWith("a") ? "b" : "a");
}

async function refuse(instance: Instance, credential: string): Promise<void> {
  await instance.authenticate(`Bearer ${credential}`, "events:read").then(
    () => Promise.reject(new Error("it was taken")),
    () => undefined,
  );
}

/** The best of several rounds. */
async function measure(runs: number, work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const started = process.threadCpuUsage();
    for (let i = 0; i < runs; i++) await work();
    best = Math.min(best, microsSince(started) / runs);
  }
  return best;
}

async function measureNew(instance: Instance, asOf: number, runs: number): Promise<number> {
  const tokens: string[] = [];
  for (let i = 0; i < runs; i++) tokens.push(await issue(instance, asOf));
  const started = process.threadCpuUsage();
  for (const token of tokens) await instance.authenticate(`Bearer ${token}`, "events:read");
  return microsSince(started) / runs;
}

function microsSince(started: NodeJS.CpuUsage): number {
  const { user, system } = process.threadCpuUsage(started);
  return user + system;
}
