import { performance } from "node:perf_hooks";
import process from "node:process";
import { parseFlags, readNumber, runCommand } from "../local/cli/command.ts";
import { createAccessWorld, type Instance } from "../test/support/access-world.ts";

const help = `Usage: npm run bench:authentication -- [FLAGS]

What authenticating a request costs, in microseconds of one core: API keys and access tokens, those an instance has seen and those it has
not, and what it refuses. In one process, without HTTP and with stores in memory.

  --runs N    calls of each kind     (20000)
`;

const flags = {
  runs: { type: "string", default: "20000" },
  help: { type: "boolean", short: "h", default: false },
} as const;

await runCommand("bench:authentication", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const runs = readNumber("--runs", values.runs, { min: 100, max: 1_000_000 });
  const world = createAccessWorld();
  const instance = world.startInstance();
  const { key } = await world.makeKey("acme");
  const token = await issue(instance, world.clock.now);
  const rows: [string, number][] = [
    ["API key, seen before", await measure(runs, () => instance.authenticate(`Bearer ${key}`, "events:read"))],
    ["access token, seen before", await measure(runs, () => instance.authenticate(`Bearer ${token}`, "events:read"))],
    ["access token, new: one ES256 verification", await measureNew(instance, world.clock.now, Math.min(runs, 5_000))],
    ["access token, refused before", await measure(runs, () => refuse(instance, `${token.slice(0, -2)}AA`))],
    ["API key, mistyped", await measure(runs, () => refuse(instance, `${key.slice(0, -2)}zz`))],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  for (const [name, micros] of rows)
    process.stdout.write(`${name.padEnd(width)}  ${micros.toFixed(1).padStart(7)} µs\n`);
  return 0;
});

async function issue(instance: Instance, asOf: number): Promise<string> {
  const scopes = ["events:read", "events:write"] as const;
  return (await instance.issue({ orgId: "acme", subject: "key:k1", scopes, asOf })).accessToken;
}

async function refuse(instance: Instance, credential: string): Promise<void> {
  await instance.authenticate(`Bearer ${credential}`, "events:read").then(
    () => Promise.reject(new Error("it was taken")),
    () => undefined,
  );
}

/** The best of several rounds: what others do on the machine only makes it slower. */
async function measure(runs: number, work: () => Promise<unknown>): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 5; round++) {
    const started = performance.now();
    for (let i = 0; i < runs; i++) await work();
    best = Math.min(best, ((performance.now() - started) * 1000) / runs);
  }
  return best;
}

async function measureNew(instance: Instance, asOf: number, runs: number): Promise<number> {
  const tokens: string[] = [];
  for (let i = 0; i < runs; i++) tokens.push(await issue(instance, asOf));
  const started = performance.now();
  for (const token of tokens) await instance.authenticate(`Bearer ${token}`, "events:read");
  return ((performance.now() - started) * 1000) / runs;
}
