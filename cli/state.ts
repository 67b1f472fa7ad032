import process from "node:process";
import type { ServiceState } from "../shared/operator/read-state.ts";
import type { DeprecatedView } from "../shared/operator/read-versions.ts";
import type { TimerView } from "../shared/operator/timer-runs.ts";
import { type Command, parseFlags } from "./command.ts";
import { openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace state [FLAGS]

The versions of each secret that Headrace makes (next, signing, retiring, disabled), what waits in the pipeline, when
each timer last ran, and who uses routes that are to go.
${operatorHelp}`;

const flags = {
  ...operatorFlags,
  json: { type: "boolean", default: false },
} as const;

/** `headrace state` */
export const state: Command = { help, run: runState };

async function runState(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags);
  const { operator } = await openOperator(values);
  const [state, { deprecated }] = await Promise.all([operator.readState(), operator.readVersions()]);
  const text = values.json
    ? `${JSON.stringify({ ...state, deprecated })}\n`
    : describe(state) + describeOld(deprecated);
  process.stdout.write(text);
  return 0;
}

/** Nothing where no route is to go. */
function describeOld(deprecated: readonly DeprecatedView[]): string {
  const lines = deprecated.map(({ method, path, sunset, used_by }) => {
    const users = used_by.map(({ org_id, last_used_on, months: [latest] }) => {
      const count = latest ? `, ${latest.requests} requests in ${latest.month}` : "";
      return `\n  ${org_id ?? "someone"}: last on ${last_used_on}${count}`;
    });
    const until = sunset === null ? "is to go" : `goes on ${sunset}`;
    return `${method} ${path} ${until}; ${users.length === 0 ? "nobody uses it" : `used by${users.join("")}`}\n`;
  });
  return lines.join("");
}

/** What waits, where it does not move, and what cannot be read. */
function describePipeline(pipeline: NonNullable<ServiceState["pipeline"]>): string {
  const { envelopes_to_dispatch, work_items, bulk_work_items, measured_at } = pipeline;
  const { standing_partitions, cut_short_partitions } = pipeline;
  const standing = standing_partitions.map(
    ({ partition_id, after, envelopes, waiting_since }) =>
      `\nPartition ${partition_id} does not move: ${envelopes} envelopes wait after sequence number ${after ?? "-"}, since ${waiting_since} (docs/runbook.md)`,
  );
  const cutShort = cut_short_partitions.map(
    ({ partition_id, checkpoint, last }) =>
      `\nPartition ${partition_id} ends at ${last}, before its checkpoint ${checkpoint}: what is accepted would be lost (docs/runbook.md)`,
  );
  const faults = [...standing, ...cutShort].join("");
  const items = `${work_items} work items, ${bulk_work_items} of them in the lane for bulk`;
  return `${envelopes_to_dispatch} envelopes to dispatch, ${items} (${measured_at})${faults}`;
}

function describe({ secrets, pipeline, timers, newer_formats }: ServiceState): string {
  const rows = secrets.flatMap(({ secret, versions }) =>
    versions.map(({ version, status, in_effect_at, ends_at }) => [
      secret,
      version,
      status,
      in_effect_at,
      ends_at ?? "-",
    ]),
  );
  const waiting = pipeline ? describePipeline(pipeline) : "cannot be told: Event Hubs or the queue does not answer";
  const table = formatTable([["secret", "version", "status", "in effect", "ends"], ...rows]);
  const ran = timers?.map(describeTimer).join(", ") ?? "cannot be told: Cosmos DB does not answer";
  return `${table}\nPipeline of all orgs: ${waiting}\nTimers: ${ran}\n${describeNewer(newer_formats)}`;
}

/** Nothing where no work waits, or it cannot be told: then the timers say so. */
function describeNewer(newer: ServiceState["newer_formats"]): string {
  const lines = (newer ?? []).map(
    ({ format, version, last_seen_at }) =>
      `Work of a newer release waits: ${format} of version ${version}, last seen ${last_seen_at} (docs/runbook.md)\n`,
  );
  return lines.join("");
}

function describeTimer({ timer, age_seconds }: TimerView): string {
  return age_seconds === null ? `${timer} never ran` : `${timer} ran ${age_seconds} s ago`;
}
