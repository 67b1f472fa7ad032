import { isUtf8 } from "node:buffer";
import type { Received, Recorded } from "./exchange.ts";
import type { Grain } from "./hide-times.ts";
import { type Hiding, hideValues } from "./hide-values.ts";
import { createLabels } from "./labels.ts";

export interface Told {
  readonly name: string;
  /** As the list of requests has it: with the placeholders, not with the values. */
  readonly request: string;
  readonly received: Received;
  /** Default: an hour. */
  readonly grain?: Grain;
  /** The list in the body whose entries have no order of their own where their `timestamp` is the same. */
  readonly ties?: string;
  /** The body's length differs from time to time. It is not recorded where HEAD gives it without the body. */
  readonly unsized?: boolean;
}

/** Makes records of answers, one run's in their order. `startedAt`: milliseconds since 1970. */
export function createNormalise(startedAt: number): (told: Told) => Recorded {
  const labelsOf = createLabels();
  return (told) => {
    const { name, request, received, grain = "hour", ties } = told;
    const hiding: Hiding = { startedAt, grain, label: labelsOf(name) };
    const text = isUtf8(received.body) ? received.body.toString() : `base64 ${received.body.toString("base64")}`;
    const body = ties === undefined ? text : orderTies(text, ties);
    return {
      name,
      request,
      status: received.status,
      headers: recordHeaders(told, hiding),
      body: hideValues(body, hiding).replaceAll(/(?<="(?:ms|processUptime)":)\d+/g, "<ms>"),
    };
  };
}

function recordHeaders({ received, unsized = false }: Told, hiding: Hiding): Recorded["headers"] {
  const { headers, body } = received;
  const show = (name: string, value: string): string => {
    if (name === "date" && Math.abs(Date.parse(value) - hiding.startedAt) < 3_600_000) return "<date>";
    // A wrong one stays as it came.
    if (name === "content-length" && body.length > 0 && value === String(body.length)) return "<length of the body>";
    return name === "content-length" && body.length === 0 && unsized ? "<some length>" : hideValues(value, hiding);
  };
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of headers.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) {
    const before = found[name];
    found[name] = before === undefined ? show(name, value) : [before, show(name, value)].flat();
  }
  return found;
}

interface Entry {
  readonly timestamp: string;
  readonly action: string;
}

function orderTies(text: string, list: string): string {
  const body = JSON.parse(text) as Record<string, unknown>;
  const entries = body[list];
  if (!Array.isArray(entries) || JSON.stringify(body) !== text) return text;
  const sorted = (entries as Entry[]).map((entry, index) => ({ entry, index }));
  sorted.sort((a, b) =>
    a.entry.timestamp === b.entry.timestamp ? (a.entry.action < b.entry.action ? -1 : 1) : a.index - b.index,
  );
  return JSON.stringify({ ...body, [list]: sorted.map(({ entry }) => entry) });
}
