import { type EventProblemCode, eventProblemTable } from "../../shared/errors.ts";
import { parseRecord } from "../call-api.ts";
import { printable } from "./cut-secrets.ts";
import type { Answered, Exchange } from "./exchange.ts";
import type { EventOutcome, Settled } from "./follow-receipt.ts";
import { nameDialect } from "./name-dialect.ts";
import { type ReadEvents, type ShownEvent, unpack } from "./read-events.ts";

const MOST_EVENTS = 20;

/** The request and its answer, one line; and for a refusal what is wrong and what to do. */
export function describeExchange(exchange: Exchange, events: ReadEvents): string[] {
  const { method, path, answer, failure, tookMs, at } = exchange;
  const time = at.toTimeString().slice(0, 8);
  const what = `${time}  ${method} ${printable(path, 100)}  ${nameDialect(exchange)}, ${describeEvents(events)}`;
  const took = `${Math.round(tookMs)} ms`;
  const head = answer ? `${what}  → ${answer.status} in ${took}` : `${what}  → no answer after ${took}`;
  const cut = failure === undefined ? [] : [printable(answer ? `the answer broke off: ${failure}` : failure)];
  return [head, ...cut, ...(answer && answer.status >= 400 ? describeRefusal(answer) : [])];
}

function describeEvents(events: ReadEvents): string {
  if (typeof events === "string") return printable(events);
  const counts = new Map<string, number>();
  for (const { type } of events) counts.set(type, (counts.get(type) ?? 0) + 1);
  const types = [...counts].slice(0, 5).map(([type, n]) => `${printable(type, 40)}${n > 1 ? ` ×${n}` : ""}`);
  const more = counts.size > types.length ? `, and ${counts.size - types.length} more types` : "";
  const names = events.length === 0 ? "" : `: ${types.join(", ")}${more}`;
  return `${events.length} ${events.length === 1 ? "event" : "events"}${names}`;
}

/** A problem document's own words; anything else as it begins. */
function describeRefusal(answer: Answered): string[] {
  const text = textOf(answer);
  const { code, detail, fix, request_id: id } = parseRecord(text) ?? {};
  if (typeof code !== "string") return text.trim() === "" ? [] : [printable(text.trim())];
  const lines = [`${code}: ${String(detail ?? "")}`];
  if (typeof fix === "string") lines.push(`what to do: ${fix}`);
  if (typeof id === "string") lines.push(`request ${id}`);
  return lines.map((line) => printable(line, 400));
}

function textOf({ body, headers }: Answered): string {
  try {
    return unpack(body.bytes, headers["content-encoding"]).toString("utf8");
  } catch {
    return "";
  }
}

/** What an answer says by itself. A dialect's SDK wants another body, and then the receipt is in a field. */
export interface Accepted {
  readonly receiptId: string;
  /** What was wrong with events, by their place. */
  readonly messages: ReadonlyMap<number, string>;
}

export function readAccepted(answer: Answered | undefined): Accepted | undefined {
  if (!answer || answer.status >= 300) return undefined;
  const body = parseRecord(textOf(answer)) ?? {};
  const receiptId = body.receipt_id ?? answer.headers["x-receipt-id"];
  if (typeof receiptId !== "string") return undefined;
  const results = Array.isArray(body.results) ? (body.results as readonly Readonly<Record<string, unknown>>[]) : [];
  return { receiptId, messages: new Map(results.map((one) => [Number(one.index), `${one.path}: ${one.message}`])) };
}

/** What became of each event, those first that were not stored, and the sum. */
export function describeSettled(settled: Settled, events: ReadEvents, { messages }: Accepted): string[] {
  const others = new Map(settled.results.map((outcome) => [outcome.index, outcome]));
  const places = [...others.keys(), ...range(settled.accepted).filter((index) => !others.has(index))];
  const lines = places.slice(0, MOST_EVENTS).map((index) => {
    const event = typeof events === "string" ? undefined : events[index];
    return describeOutcome(index, event, others.get(index), messages.get(index));
  });
  const more = places.length > MOST_EVENTS ? [`and ${places.length - MOST_EVENTS} more`] : [];
  return [...lines, ...more, describeSum(settled)];
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

function describeOutcome(
  index: number,
  event: ShownEvent | undefined,
  outcome: EventOutcome | undefined,
  message: string | undefined,
): string {
  const { result = "stored", code = null } = outcome ?? {};
  const names = [event?.type, event?.id].filter((name) => name !== undefined).map((name) => printable(name, 60));
  const line = `${result.padEnd(11)}  ${[`[${index}]`, ...names].join(" ")}`;
  const why = message ?? (code === null ? undefined : eventProblemTable[code as EventProblemCode]);
  return [line, ...(code === null ? [] : [printable(code)]), ...(why === undefined ? [] : [printable(why)])].join("  ");
}

function describeSum({ accepted, stored, duplicate, quarantined }: Settled): string {
  const parts = Object.entries({ stored, duplicate, quarantined }).filter(([, count]) => count > 0);
  return `${accepted} accepted: ${parts.map(([what, count]) => `${count} ${what}`).join(", ")}`;
}
