import process from "node:process";
import type { SummaryView } from "../shared/quarantine/quarantine-view.ts";
import type { QuarantinedView } from "../shared/quarantine/read-quarantined.ts";
import { type Command, parseFlags, UsageError } from "./command.ts";
import { openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace quarantine [ID] [FLAGS]

What could not be read and belongs to no org that is known: bytes of another sender, messages that are none of ours. The
newest 1,000, or one of them. docs/runbook.md says what to do with it.

  --bytes            of one: the bytes themselves, on stdout
  --discard REASON   of one: gives it up
${operatorHelp}`;

const flags = {
  ...operatorFlags,
  bytes: { type: "boolean", default: false },
  discard: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

/** `headrace quarantine` */
export const quarantine: Command = { help, run: runQuarantine };

async function runQuarantine(args: string[]): Promise<number> {
  const { values, positionals } = parseFlags(args, flags, true);
  const [id, ...more] = positionals;
  if (more.length > 0 || (id === undefined && (values.bytes || values.discard !== undefined)))
    throw new UsageError(`Give one ID; --bytes and --discard need one.\n\n${help}`);
  const { operator } = await openOperator(values);
  const print = (body: unknown, text: string): void =>
    void process.stdout.write(values.json ? `${JSON.stringify(body)}\n` : text);
  if (id === undefined) {
    const page = await operator.listQuarantine();
    print(page, describeAll(page.events));
  } else if (values.discard !== undefined) {
    const discarded = await operator.discardQuarantined(id, values.discard);
    print(discarded, `Given up at ${discarded.at}.\n`);
  } else {
    const one = await operator.readQuarantined(id);
    if (values.bytes) process.stdout.write(bytesOf(one));
    else print(one, describeOne(one));
  }
  return 0;
}

function describeAll(events: readonly SummaryView[]): string {
  if (events.length === 0) return "Nothing is in the service's own quarantine.\n";
  const rows = events.map((one) => [one.quarantine_id, one.received_at, one.code, oneLine(one.message)]);
  return formatTable([["id", "found", "code", "where"], ...rows]);
}

function describeOne(one: QuarantinedView): string {
  const bytes = bytesOf(one);
  const first = bytes
    .subarray(0, 64)
    .toString("latin1")
    .replaceAll(/[^ -~]/g, ".");
  const rows = [
    ["id", one.quarantine_id],
    ["found", one.received_at],
    ["expires", one.expires_at],
    ["code", one.code],
    ["where", oneLine(one.message)],
    ["bytes", `${bytes.length}, beginning with ${first}`],
  ];
  return `${rows.map(([name = "", value]) => `  ${name.padEnd(8)} ${value}`).join("\n")}\n`;
}

/** What is foreign writes no line of its own on the terminal. */
function oneLine(text: string): string {
  return text.slice(0, 100).replaceAll(/[^ -~]/g, ".");
}

function bytesOf({ event }: QuarantinedView): Buffer {
  if (!event) return Buffer.alloc(0);
  return "base64" in event ? Buffer.from(event.base64, "base64") : Buffer.from(event.text);
}
