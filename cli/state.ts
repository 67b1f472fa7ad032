import process from "node:process";
import type { ServiceState } from "../shared/operator/read-state.ts";
import type { TimerView } from "../shared/operator/timer-runs.ts";
import { type Command, parseFlags } from "./command.ts";
import { openOperator, operatorFlags, operatorHelp } from "./operator-target.ts";
import { formatTable } from "./table.ts";

const help = `Usage: npx headrace state [FLAGS]

The versions of each secret that Headrace makes (next, signing, retiring, disabled), what waits in the pipeline, and when
each timer last ran.
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
  const state = await operator.readState();
  process.stdout.write(values.json ? `${JSON.stringify(state)}\n` : describe(state));
  return 0;
}

function describe({ secrets, pipeline, timers }: ServiceState): string {
  const rows = secrets.flatMap(({ secret, versions }) =>
    versions.map(({ version, status, in_effect_at, ends_at }) => [
      secret,
      version,
      status,
      in_effect_at,
      ends_at ?? "-",
    ]),
  );
  const waiting = pipeline
    ? `${pipeline.envelopes_to_dispatch} envelopes to dispatch, ${pipeline.work_items} work items (${pipeline.measured_at})`
    : "cannot be told: Event Hubs or the queue does not answer";
  const table = formatTable([["secret", "version", "status", "in effect", "ends"], ...rows]);
  const ran = timers?.map(describeTimer).join(", ") ?? "cannot be told: Cosmos DB does not answer";
  return `${table}\nPipeline of all orgs: ${waiting}\nTimers: ${ran}\n`;
}

function describeTimer({ timer, age_seconds }: TimerView): string {
  return age_seconds === null ? `${timer} never ran` : `${timer} ran ${age_seconds} s ago`;
}
