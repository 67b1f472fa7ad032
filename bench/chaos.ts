import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { Readable } from "node:stream";
import { auditProduct } from "../local/audit/audit.ts";
import { parseFlags, readNumber, runCommand } from "../local/cli/command.ts";
import { openIdentityStore } from "../local/cli/local-product.ts";
import { profileNames } from "../local/faults/profiles.ts";
import { createRandom } from "../local/faults/random.ts";
import { createOrgDirectory } from "../local/pipeline/orgs.ts";
import { PipelineError } from "../local/pipeline/pipeline-error.ts";
import { accessOf } from "../local/pipeline/product-access.ts";
import { startPipeline } from "../local/pipeline.ts";
import { openSource } from "../local/send/read-lines.ts";
import { type SendReport, sendFile } from "../local/send/send-file.ts";
import { connectCosmos } from "../shared/store/cosmos.ts";
import { countFile, type FileCounts } from "./count-file.ts";
import { type Disturbance, disturb } from "./disturb.ts";
import { generateLines } from "./generate-lines.ts";
import { readMetrics } from "./read-back.ts";

const help = `Usage: npm run chaos -- [FLAGS]

Sends events through a Headrace of its own whose services fail, while processes are killed, and then proves that nothing was
lost or counted twice: per org and type, the counts are those of what was sent, and the audit is clean. Exit code 1 otherwise.

  --file FILE       send this file of Wikipedia edits; without it, generated events
  --seconds N       how long events are generated                       (30)
  --rate N          generated events a second                           (1500)
  --profile NAME    off, mild or wild                                   (wild)
  --host N          how often the Functions host is killed (SIGKILL)    (5)
  --emulators N     how often each of our emulators is killed (SIGKILL) (2)
  --pauses N        how often Azurite is paused (SIGSTOP), or ended gently and started again (2)
  --seed N          of the faults and of who is killed when             (the time)
`;

const flags = {
  file: { type: "string" },
  seconds: { type: "string", default: "30" },
  rate: { type: "string", default: "1500" },
  profile: { type: "string", default: "wild" },
  host: { type: "string", default: "5" },
  emulators: { type: "string", default: "2" },
  pauses: { type: "string", default: "2" },
  seed: { type: "string" },
  help: { type: "boolean", short: "h", default: false },
} as const;

const mapping = { org: "channel", type: "namespace", time: "time", user: "user" } as const;
/** Nothing that a run does keeps a request from being taken for longer than this. */
const PATIENCE_MS = 180_000;

await runCommand("chaos", runChaos);

async function runChaos(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags);
  if (values.help) {
    process.stdout.write(help);
    return 0;
  }
  const seed = readNumber("--seed", values.seed ?? String(Date.now() % 1_000_000), { min: 0, max: 1e9 });
  const profile = profileNames.find((name) => name === values.profile);
  if (!profile)
    throw new PipelineError(`--profile must be one of ${profileNames.join(", ")}, not "${values.profile}".`);
  const many = (flag: "host" | "emulators" | "pauses"): number =>
    readNumber(`--${flag}`, values[flag], { min: 0, max: 1_000 });
  const plan = { host: many("host"), emulators: many("emulators"), pauses: many("pauses") };
  const seconds = readNumber("--seconds", values.seconds, { min: 1, max: 86_400 });
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-chaos-"));
  // A killed host's messages are hidden for 10 minutes in Azure; here for seconds, so that a run ends.
  const pipeline = await startPipeline({
    stateDir,
    fresh: true,
    chaos: { profile: "off", seed },
    hostArgs: ["--queue-lease", "4"],
  });
  try {
    process.stdout.write(`seed ${seed}, profile ${profile}\n`);
    const load =
      values.file === undefined
        ? generateLines(seconds * 1000, readNumber("--rate", values.rate, { min: 1, max: 100_000 }), createRandom(seed))
        : undefined;
    const keys = await makeOrgs(
      pipeline,
      load ? load.orgs : [...(await countFile(values.file ?? "", mapping)).byOrg.keys()],
    );
    pipeline.faults?.set(profile);
    const disturbance = disturb(
      pipeline,
      plan,
      createRandom(seed + 1),
      values.file === undefined ? seconds * 1000 : 60_000,
    );
    const source = load ? Readable.from(load.lines()) : openSource(values.file ?? "");
    const name = values.file === undefined ? "generated" : basename(values.file);
    const report = await sendEverything(pipeline.baseUrl, source, name, keys, disturbance);
    process.stdout.write("sent and settled; faults are off, counting\n");
    pipeline.faults?.set("off");
    const expected = load ? load.counts() : await countFile(values.file ?? "", mapping);
    const wrong = [
      ...describeReport(report),
      ...(await compare(pipeline.baseUrl, keys, expected)),
      ...(await audit(pipeline.env)),
    ];
    print(report, disturbance, pipeline.faults?.counts() ?? {}, wrong);
    return wrong.length === 0 ? 0 : 1;
  } finally {
    await pipeline.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

async function makeOrgs(
  pipeline: { env: Readonly<Record<string, string>>; stateDir: string },
  orgs: readonly string[],
): Promise<Map<string, string>> {
  const identity = openIdentityStore(pipeline.env);
  try {
    const directory = createOrgDirectory(identity.store, pipeline.stateDir);
    const keys = new Map<string, string>();
    for (const org of orgs) keys.set(org, (await directory.ensure(org)).apiKey);
    return keys;
  } finally {
    identity.close();
  }
}

async function sendEverything(
  baseUrl: string,
  source: Readable,
  sourceName: string,
  keys: ReadonlyMap<string, string>,
  disturbance: Disturbance,
): Promise<SendReport> {
  const sending = sendFile({
    source,
    sourceName,
    mapping,
    api: { baseUrl, maxWaitMs: PATIENCE_MS },
    batchSize: 100,
    concurrency: 8,
    compression: "gzip",
    keyFor: (org) => Promise.resolve(keys.get(org) ?? ""),
    wait: true,
    patienceMs: PATIENCE_MS,
  });
  const [report] = await Promise.all([sending, disturbance.done]);
  return report;
}

function describeReport({ tally, unsettled }: SendReport): string[] {
  const failures = tally.failures.map(
    ({ where, events, problem }) => `${where}: ${events} events not sent: ${problem.status} ${problem.code}`,
  );
  return [...failures, ...unsettled.map(() => "a receipt never settled")];
}

async function compare(baseUrl: string, keys: ReadonlyMap<string, string>, expected: FileCounts): Promise<string[]> {
  const orgs = [...keys].map(([org, apiKey]) => ({ org, apiKey }));
  const found = await readMetrics(orgs, expected, { baseUrl, maxWaitMs: PATIENCE_MS });
  return [...expected.byOrg].flatMap(([org, types]) =>
    [...types].flatMap(([type, count]) => {
      const stored = found.get(org)?.get(type) ?? 0;
      return stored === count ? [] : [`${org}, ${type}: ${stored} stored, ${count} sent`];
    }),
  );
}

/** The pipeline is idle when every receipt is settled; what a lost acknowledgement left behind may still be on its way. */
async function audit(env: Readonly<Record<string, string>>): Promise<string[]> {
  const access = accessOf(env);
  const cosmos = connectCosmos(access.cosmos, access.credential);
  try {
    for (const deadline = Date.now() + PATIENCE_MS; ; ) {
      const { violations } = await auditProduct(access, cosmos.containers);
      if (violations.length === 0 || Date.now() > deadline) return violations.map((violation) => `audit: ${violation}`);
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
  } finally {
    cosmos.close();
  }
}

function print(
  { tally, sendingMs, settlingMs }: SendReport,
  { events }: Disturbance,
  faults: Readonly<Record<string, number>>,
  wrong: readonly string[],
): void {
  const { accepted, stored, duplicate, quarantined } = tally.total();
  const seconds = ((sendingMs + settlingMs) / 1000).toFixed(0);
  const lines = [
    `${accepted} events accepted in ${seconds} s: ${stored} stored, ${duplicate} duplicate (batches sent again after a 503), ${quarantined} quarantined`,
    `done to processes: ${
      Object.entries(events)
        .map(([what, count]) => `${count} × ${what}`)
        .join(", ") || "nothing"
    }`,
    `faults: ${
      Object.entries(faults)
        .sort()
        .map(([what, count]) => `${count} × ${what}`)
        .join(", ") || "none"
    }`,
    ...wrong.slice(0, 50),
    wrong.length === 0 ? "Nothing lost, nothing counted twice, audit clean." : `${wrong.length} things are wrong.`,
  ];
  process.stdout.write(`${lines.join("\n")}\n`);
}
