import process from "node:process";
import { parseArgs } from "node:util";
import { runSeed } from "./model.ts";
import { weakenings } from "./weakenings.ts";

const help = `Usage: npm run model -- [--seeds N] [--from N]

Runs the pipeline's own code under random interleavings with faults, a seed each, and holds every one to the invariants.
A seed that fails is printed with its steps; exit code 1.

  --weakenings   instead, list the deliberate weakenings of the algorithm with the first seed that catches each
`;

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100000" },
    from: { type: "string", default: "0" },
    weakenings: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

async function main(): Promise<number> {
  const [from, seeds] = [Number(values.from), Number(values.seeds)];
  const started = performance.now();
  for (let seed = from; seed < from + seeds; seed++) {
    const { violations } = await runSeed(seed);
    if (violations.length > 0) {
      const { trace } = await runSeed(seed, undefined, true);
      console.log(`seed ${seed}:\n  ${violations.join("\n  ")}\n\n${trace.join("\n")}`);
      return 1;
    }
    const done = seed - from + 1;
    if (done % 50_000 === 0)
      console.log(`${done} seeds, ${Math.round(done / ((performance.now() - started) / 1000))} a second`);
  }
  console.log(
    `${seeds} seeds from ${from}, no violation, ${Math.round(seeds / ((performance.now() - started) / 1000))} a second`,
  );
  return 0;
}

async function listWeakenings(): Promise<number> {
  let missed = 0;
  for (const [name, weaken] of Object.entries(weakenings)) {
    let [seed, violations] = [-1, [] as readonly string[]];
    while (violations.length === 0 && seed < 20_000) violations = (await runSeed(++seed, weaken)).violations;
    if (violations.length === 0) missed++;
    console.log(`${name}: ${violations.length > 0 ? `seed ${seed}: ${violations[0]}` : "NOT CAUGHT"}`);
  }
  return missed === 0 ? 0 : 1;
}

if (values.help) console.log(help);
else if (values.weakenings) process.exitCode = await listWeakenings();
else process.exitCode = await main();
