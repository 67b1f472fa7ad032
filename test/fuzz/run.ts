import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { parseArgs } from "node:util";
import { startStack } from "../../local/launcher/stack.ts";
import { connectProduct } from "../support/connect-product.ts";
import { fuzz } from "./fuzz.ts";
import type { FuzzRequest } from "./make-request.ts";

const help = `Usage: npm run fuzz -- [FLAGS]

Sends random requests through the HTTP front of a Headrace of its own. Exit code 1 when an answer breaks the contract, the
process ends, or what was accepted is not settled to the last event.

  --requests N      stop after this many           (100000)
  --seconds N       stop after this long           (3600)
  --seed N          the same seed, the same start  (the time)
  --concurrency N   requests at once               (16)
  --corpus DIR      where requests with new answers are kept between runs   (.headrace/fuzz-corpus)
`;

const { values } = parseArgs({
  options: {
    requests: { type: "string", default: "100000" },
    seconds: { type: "string", default: "3600" },
    seed: { type: "string", default: String(Date.now() % 1_000_000) },
    concurrency: { type: "string", default: "16" },
    corpus: { type: "string", default: ".headrace/fuzz-corpus" },
    help: { type: "boolean", default: false },
  },
});

function readCorpus(dir: string): FuzzRequest[] {
  mkdirSync(dir, { recursive: true });
  return readdirSync(dir).map((name) => {
    const { body, ...request } = JSON.parse(readFileSync(join(dir, name), "utf8")) as Omit<FuzzRequest, "body"> & {
      body: string;
    };
    return { ...request, body: Buffer.from(body, "base64") };
  });
}

function writeRequest(dir: string, request: FuzzRequest): void {
  const { authorization: _, ...headers } = request.headers;
  const text = JSON.stringify({ ...request, headers, body: request.body.toString("base64") });
  writeFileSync(join(dir, `${createHash("sha256").update(text).digest("hex").slice(0, 16)}.json`), text);
}

async function main(): Promise<number> {
  const stateDir = mkdtempSync(join(tmpdir(), "headrace-fuzz-"));
  const stack = await startStack({ stateDir, fresh: true });
  const product = connectProduct(stack);
  try {
    const org = await product.makeOrg();
    const pid = stack.pids()["functions-host"];
    const memory = (): number =>
      Math.round(Number(/VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) / 1024);
    const corpus = readCorpus(values.corpus);
    const before = corpus.length;
    const seed = Number(values.seed);
    const started = Date.now();
    console.log(`seed ${seed}, corpus of ${before}`);
    const report = await fuzz({
      baseUrl: stack.baseUrl,
      key: org.key,
      seed,
      requests: Number(values.requests),
      deadline: started + Number(values.seconds) * 1000,
      concurrency: Number(values.concurrency),
      corpus,
      onProgress: (done) =>
        console.log(
          `${done} requests, ${Math.round((Date.now() - started) / 1000)} s, host ${memory()} MB, corpus ${corpus.length}`,
        ),
    });
    for (const request of corpus.slice(before)) writeRequest(values.corpus, request);
    for (const [answer, count] of [...report.answers].sort((a, b) => b[1] - a[1]))
      console.log(`${String(count).padStart(9)}  ${answer}`);
    for (const { request, what } of report.violations)
      console.log(`VIOLATION: ${what}\n  ${JSON.stringify({ ...request, body: request.body.toString("base64") })}`);
    const settled = await settle(org, report.accepted);
    console.log(
      `${report.requests} requests, ${report.accepted} events accepted, ${settled} settled, ${report.violations.length} violations, host ${memory()} MB`,
    );
    const died = stack.pids()["functions-host"] !== pid;
    return report.violations.length > 0 || died || settled !== report.accepted ? 1 : 0;
  } finally {
    product.close();
    await stack.stop();
    rmSync(stateDir, { recursive: true, force: true });
  }
}

/** Waits until the ledger knows of every accepted event, or nothing changes any more. */
async function settle(
  org: { get(path: string): Promise<{ body: Readonly<Record<string, unknown>> }> },
  accepted: number,
): Promise<number> {
  let [settled, changedAt] = [0, Date.now()];
  while (settled < accepted && Date.now() - changedAt < 60_000) {
    const totals = (await org.get("/api/v1/ledger")).body.totals as { settled?: number } | undefined;
    const now = totals?.settled ?? settled;
    if (now !== settled) changedAt = Date.now();
    settled = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return settled;
}

if (values.help) console.log(help);
else process.exitCode = await main();
