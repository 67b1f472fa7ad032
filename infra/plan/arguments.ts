import { parseArgs } from "node:util";
import type { Load } from "./cost/cost.ts";

export const usage = `usage: npm run infra:plan -- [--stack prod] [--events-per-second 2000] [--event-bytes 700] [--config KEY=VALUE]… [--json]

Runs the Pulumi program of infra/ without Pulumi's command or Azure, and prints its resources, a diagram and what they cost a month.

  --stack NAME           the stack whose Pulumi.NAME.yaml counts (prod)
  --events-per-second N  the average over the month, 0 for an idle stack (2000)
  --event-bytes N        of one event's JSON (700)
  --config KEY=VALUE     instead of what the stack's file says: zones=false, eventHubs.partitions=16, azure-native:location=westeurope
  --json                 {"resources": [{"type", "name", "inputs"}], "cost"}
`;

export interface PlanArguments {
  readonly stack: string;
  readonly load: Load;
  /** Keys with their project and path, `headrace:eventHubs.partitions`, and values as they were written. */
  readonly config: ReadonlyMap<string, string>;
  readonly json: boolean;
}

/** Throws an Error that says what is wrong with them. */
export function readArguments(args: readonly string[]): PlanArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      stack: { type: "string", default: "prod" },
      "events-per-second": { type: "string", default: "2000" },
      "event-bytes": { type: "string", default: "700" },
      config: { type: "string", multiple: true, default: [] },
      json: { type: "boolean", default: false },
    },
  });
  return {
    stack: values.stack,
    load: {
      eventsPerSecond: readNumber("--events-per-second", values["events-per-second"], 0),
      eventBytes: readNumber("--event-bytes", values["event-bytes"], 1),
    },
    config: new Map(values.config.map(readSetting)),
    json: values.json,
  };
}

function readNumber(name: string, text: string, min: number): number {
  const value = Number(text);
  if (text.trim() === "" || !Number.isFinite(value) || value < min)
    throw new Error(`${name}: write a number of ${min} or more`);
  return value;
}

function readSetting(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key === undefined || value === undefined) throw new Error(`--config ${text}: write KEY=VALUE`);
  return [/^(headrace|azure-native):/.test(key) ? key : `headrace:${key}`, value];
}
