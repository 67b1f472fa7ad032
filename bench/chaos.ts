import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { parseFlags, readNumber, runCommand, UsageError } from "../cli/command.ts";
import { createTally, type ReceiptRef, type Tally } from "../cli/send/tally.ts";
import { type ProfileName, profileNames } from "../local/launcher/faults/profiles.ts";
import { createRandom } from "../local/launcher/faults/random.ts";
import { type Stack, startStack } from "../local/launcher/stack.ts";
import { StackError } from "../local/launcher/stack-error.ts";
import { collectInto, readCollected } from "../scripts/reached/collected.ts";
import { carryOver } from "./carry-over.ts";
import { disturb } from "./disturb.ts";
import { followRun, type History } from "./history/follow-run.ts";
import { createFileLoad, createGeneratedLoad, type Load } from "./load.ts";
import { createReleases, findReleases, type Releases } from "./releases.ts";
import { describeChaos, reportProgress } from "./report-chaos.ts";
import { PATIENCE_MS, sendAndSettle } from "./send-and-settle.ts";
import { compareCounts, makeOrgs, proveWhenIdle } from "./verify.ts";

const help = `Usage: npm run chaos -- [FLAGS]

Sends events through a Headrace of its own whose services fail, while processes are killed and clocks jump, and then proves that
nothing was lost or counted twice: every receipt settles and adds up, the counts per org and type are those of what was sent, what
is invalid is in quarantine, and the account is proven. Meanwhile what was sent is read again and again: what was read once must stay, a
settled receipt too, and counts lie between what was settled and what was sent. Exit code 1 otherwise, and then the state and the logs
are kept.

  --file FILE        send this file of Wikipedia edits; without it, generated events
  --seconds N        how long events are sent, and over how long the rest is spread (30; with a file 60)
  --rate N           generated events a second                           (1500)
  --profile NAME     off, mild or wild                                   (wild)
  --host N           how often the Functions host is killed (SIGKILL)    (one in 30 s, at least 5)
  --emulators N      how often each of our emulators is killed (SIGKILL) (one in 90 s, at least 2)
  --pauses N         how often each service is paused (SIGSTOP), and Azurite ended gently and started again
                                                                         (one in 180 s, at least 2)
  --second-hosts N   how often a second host reads the same partitions   (one in 180 s, at least 1)
  --jumps N          how often the clock is put forward, and how often back (one in 60 s, at least 2)
  --refusals N       how often the queues answer 403 for seconds, which shuts the host down
                                                                         (one in 120 s, at least 1)
  --last DIR         a checkout of the last release, after \`npm install\`: hosts of it and of this one take turns on the
                     same state, in each other's places and beside one another
  --turns N          how often they do                                   (one in 30 s, at least 3)
  --carry-over       with --last: the last release runs alone, and then this one takes over its state, is killed twice
                     on the way, and must say the same of every receipt, hour and account
  --seed N           of the faults and of who is killed when             (the time)

An hour: npm run chaos -- --seconds 3600
`;

const flags = {
  file: { type: "string" },
  seconds: { type: "string" },
  rate: { type: "string", default: "1500" },
  profile: { type: "string", default: "wild" },
  host: { type: "string" },
  emulators: { type: "string" },
  pauses: { type: "string" },
  "second-hosts": { type: "string" },
  jumps: { type: "string" },
  refusals: { type: "string" },
  last: { type: "string" },
  turns: { type: "string" },
  "carry-over": { type: "boolean", default: false },
  seed: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

interface Plan {
  readonly file: string | undefined;
  readonly durationMs: number;
  readonly rate: number;
  readonly profile: ProfileName;
  readonly seed: number;
  readonly disturbances: Parameters<typeof disturb>[1];
  /** The folders of both releases, where two take part. */
  readonly releases: Releases["dirs"] | undefined;
  /** The last release alone, and then this one. */
  readonly isCarriedOver: boolean;
}

await runCommand("chaos", async (args) => {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  return runChaos(readPlan(values));
});

type Flag = Exclude<keyof typeof flags, "help" | "carry-over">;
type Values = Readonly<Partial<Record<Flag, string>>> & { readonly "carry-over": boolean };

function readPlan(values: Values): Plan {
  const initial = values.file === undefined ? "30" : "60";
  const seconds = readNumber("--seconds", values.seconds ?? initial, { min: 1, max: 86_400 });
  const profile = profileNames.find((name) => name === values.profile);
  if (!profile) throw new UsageError(`--profile must be one of ${profileNames.join(", ")}, not "${values.profile}".`);
  const isCarriedOver = values["carry-over"];
  if (values.last === undefined && (isCarriedOver || values.turns !== undefined))
    throw new UsageError("--carry-over and --turns need --last DIR: a checkout of the last release.");
  const many = (flag: Flag, least: number, everySeconds: number): number => {
    const initially = Math.max(least, Math.round(seconds / everySeconds));
    return readNumber(`--${flag}`, values[flag] ?? String(initially), { min: 0, max: 100_000 });
  };
  return {
    file: values.file,
    durationMs: seconds * 1000,
    rate: readNumber("--rate", values.rate ?? "", { min: 1, max: 100_000 }),
    profile,
    releases: values.last === undefined ? undefined : findReleases(values.last),
    isCarriedOver,
    seed: readNumber("--seed", values.seed ?? String(Date.now() % 1_000_000), { min: 0, max: 1e9 }),
    disturbances: {
      host: many("host", 5, 30),
      emulators: many("emulators", 2, 90),
      pauses: many("pauses", 2, 180),
      secondHosts: many("second-hosts", 1, 180),
      jumps: many("jumps", 2, 60),
      refusals: many("refusals", 1, 120),
      turns: values.last === undefined || isCarriedOver ? 0 : many("turns", 3, 30),
    },
  };
}

async function runChaos(plan: Plan): Promise<number> {
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-chaos-"));
  const died = Promise.withResolvers<never>();
  died.promise.catch(() => undefined);
  let shutDowns = 0;
  const releases = plan.releases && createReleases(plan.releases, join(stateDir, "releases"), "last");
  const stack = await startStack({
    stateDir,
    ...(releases && { appDir: releases.appDir }),
    fresh: true,
    chaos: { profile: "off", seed: plan.seed },
    clock: true,
    // A killed host's messages are hidden for 10 minutes in Azure; here for seconds, so that a run ends.
    hostArgs: ["--queue-lease", "4"],
    onHostShutDown: () => void shutDowns++,
    env: collectInto(reachedIn(stateDir)),
    // Any other service that ends by itself is not brought back: the reason is to be looked at.
    onUnexpectedExit: ({ message }) => died.reject(new StackError(message)),
  });
  const { seed, profile, durationMs } = plan;
  process.stdout.write(`seed ${seed}, profile ${profile}, ${durationMs / 1000} s; state in ${stateDir}\n`);
  let wrong: readonly string[];
  try {
    wrong = await Promise.race([attack(stack, plan, () => shutDowns, releases), died.promise]);
  } catch (error) {
    process.stderr.write(
      `chaos: ${error instanceof Error ? error.stack : String(error)}\nseed ${seed}; state and logs are kept in ${stateDir}\n`,
    );
    await stack.stop();
    // Senders and disturbances would go on trying.
    process.exit(1);
  }
  await stack.stop();
  if (wrong.length === 0) rmSync(stateDir, { recursive: true, force: true });
  else process.stdout.write(`state and logs are kept in ${stateDir}\n`);
  return wrong.length === 0 ? 0 : 1;
}

/** Gives the faults, a line each. */
async function attack(
  stack: Stack,
  plan: Plan,
  countShutDowns: () => number,
  releases: Releases | undefined,
): Promise<string[]> {
  const tally = createTally();
  const load = await makeLoad(plan, tally);
  const keys = await makeOrgs(stack, load.orgs);
  stack.faults?.set(plan.profile);
  const disturbance = disturb(stack, plan.disturbances, createRandom(plan.seed + 1), plan.durationMs, releases);
  const receipts: ReceiptRef[] = [];
  const history = followRun(stack, load, keys, { random: createRandom(plan.seed + 2), patienceMs: PATIENCE_MS });
  const take: History["take"] = (receipt, events) => {
    if (plan.isCarriedOver) receipts.push(receipt);
    history.take(receipt, events);
  };
  const sending = sendAndSettle({ stack, history: { ...history, take }, keys, tally, disturbance });
  const stopReporting = reportProgress({ stack, tally, disturbance });
  const unsettled = await sending.finally(stopReporting);
  process.stdout.write("sent and settled; faults are off, counting\n");
  stack.faults?.set("off");
  const { readings, violations } = await history.finish();
  const wrong = [
    ...tally.failures.map(
      ({ where, events, problem }) =>
        `${where}: ${events} events: ${problem.status} ${problem.code}: ${problem.detail}`,
    ),
    ...unsettled.map(({ receiptId }) => `the receipt ${receiptId} never settled`),
    ...violations.map((violation) => `history: ${violation}`),
    ...(await compareCounts(stack.baseUrl, keys, load, tally)),
    ...(await proveWhenIdle(stack, keys)),
    ...(plan.isCarriedOver && releases ? await carryOver({ stack, releases, keys, receipts }) : []),
  ];
  const reached = readCollected(reachedIn(stack.stateDir));
  process.stdout.write(
    describeChaos({
      stack,
      tally,
      disturbance,
      readings,
      reached,
      wrong,
      seed: plan.seed,
      shutDowns: countShutDowns(),
    }),
  );
  return wrong;
}

async function makeLoad(plan: Plan, tally: Tally): Promise<Load> {
  const { file, seed, durationMs } = plan;
  if (file !== undefined) return createFileLoad(file, basename(file), durationMs);
  return createGeneratedLoad({ ...plan, random: createRandom(seed), tally });
}

/** Where hosts write the marks of rare branches that they meet. */
function reachedIn(stateDir: string): string {
  return join(stateDir, "reached");
}
