import { accessSync, constants } from "node:fs";
import { basename } from "node:path";
import process from "node:process";
import { type Command, parseFlags, readNumber, UsageError } from "./command.ts";
import { createProgress } from "./progress.ts";
import type { FieldMapping } from "./send/map-line.ts";
import { openSource } from "./send/read-lines.ts";
import { ALL_DUPLICATES, areAllDuplicates, describeReport, isComplete, reportView } from "./send/report.ts";
import type { Compression } from "./send/send-batches.ts";
import { sendFile } from "./send/send-file.ts";
import { sendHelp } from "./send-help.ts";
import { openTarget } from "./send-target.ts";

const flags = {
  batch: { type: "string", default: "100" },
  concurrency: { type: "string", default: "8" },
  compression: { type: "string", default: "gzip" },
  "max-wait": { type: "string", default: "120" },
  wait: { type: "boolean", default: true },
  "org-field": { type: "string" },
  "type-field": { type: "string" },
  "time-field": { type: "string" },
  "user-field": { type: "string" },
  "id-field": { type: "string" },
  url: { type: "string" },
  key: { type: "string" },
  state: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = Partial<Record<"org-field" | "type-field" | "time-field" | "user-field" | "id-field", string>>;

/** `headrace send` */
export const send: Command = { help: sendHelp, run: runSend };

async function runSend(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const file = readFileArgument(positionals);
  const mapping = readMapping(values);
  const batchSize = readNumber("--batch", values.batch, { min: 1, max: 5_000 });
  const concurrency = readNumber("--concurrency", values.concurrency, { min: 1, max: 256 });
  const maxWaitMs = readNumber("--max-wait", values["max-wait"], { min: 0, max: 86_400 }) * 1000;
  const compression = readCompression(values.compression);
  const target = openTarget(values, mapping);
  const progress = createProgress(process.stderr);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  try {
    const report = await sendFile({
      source: openSource(file),
      sourceName: file === "-" ? "stdin" : basename(file),
      mapping,
      api: { baseUrl: target.baseUrl, maxWaitMs, signal: stop.signal, onRetry: progress.retry },
      batchSize,
      concurrency,
      compression,
      keyFor: target.keyFor,
      wait: values.wait,
      patienceMs: maxWaitMs,
      onProgress: progress.update,
      onWarning: (text) => void process.stderr.write(`headrace send: ${text}\n`),
    });
    progress.end();
    const text = describeReport(report, { waited: values.wait, labelOrg: target.labelOrg });
    process.stdout.write(values.json ? `${JSON.stringify(reportView(report))}\n` : text);
    if (values.json && areAllDuplicates(report)) process.stderr.write(`headrace send: ${ALL_DUPLICATES}\n`);
    if (report.stopped) return 130;
    return isComplete(report) ? 0 : 1;
  } finally {
    progress.end();
  }
}

function readFileArgument(positionals: readonly string[]): string {
  const [file, ...more] = positionals;
  if (file === undefined || more.length > 0) throw new UsageError(`Name one file, or - for stdin.\n\n${sendHelp}`);
  if (file === "-") return file;
  try {
    accessSync(file, constants.R_OK);
  } catch {
    throw new UsageError(`${file} cannot be read: there is no such file, or it is not yours to read.`);
  }
  return file;
}

function readMapping(values: Values): FieldMapping {
  const pick = <K extends keyof FieldMapping>(name: K, field: string | undefined) =>
    field === undefined ? {} : { [name]: field };
  return {
    ...pick("org", values["org-field"]),
    ...pick("type", values["type-field"]),
    ...pick("time", values["time-field"]),
    ...pick("user", values["user-field"]),
    ...pick("id", values["id-field"]),
  };
}

function readCompression(text: string): Compression {
  if (text === "gzip" || text === "zstd" || text === "none") return text;
  throw new UsageError(`--compression must be gzip, zstd or none, not "${text}".`);
}
