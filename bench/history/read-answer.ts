import { parseRecord } from "../../cli/call-api.ts";
import type { Cell, Found, NotStored, ReceiptAnswer, Subject } from "./step.ts";

/** The event type on one day of the events' own time. */
export function cellOf(type: string, timestamp: string): Cell {
  return `${type} ${new Date(timestamp).toISOString().slice(0, 10)}`;
}

/** What a GET of the API is a reading of; undefined for one that is not of a whole account, a receipt or one event. */
export function subjectOf(org: string, { pathname, searchParams }: URL): Subject | undefined {
  const [, id] = /^\/api\/v1\/receipts\/([^/]+)$/.exec(pathname) ?? [];
  if (id !== undefined) return { what: "receipt", org, id: decodeURIComponent(id) };
  const event = searchParams.get("event_id");
  if (pathname === "/api/v1/events" && event !== null) return { what: "event", org, id: event };
  const isWhole = searchParams.has("from") && !searchParams.has("event_type");
  if (pathname === "/api/v1/ledger" && isWhole) return { what: "ledger", org };
  const byDay = searchParams.get("interval") === "day";
  return pathname === "/api/v1/metrics/events" && isWhole && byDay ? { what: "metrics", org } : undefined;
}

/** What an answer says; undefined where it says nothing: an outage, or a page of something on the way. */
export function readAnswer(what: Subject["what"], status: number, text: string): Found | undefined {
  const body = parseRecord(text);
  if (status === 404 && what === "receipt" && body?.code === "receipt_not_found")
    return { what: "receipt", receipt: undefined };
  if (status !== 200 || !body) return undefined;
  if (what === "receipt") return { what, receipt: readReceipt(body) };
  if (what === "event") {
    const [event] = body.events as { event_type: string }[];
    return { what, type: event?.event_type };
  }
  return { what, counts: what === "metrics" ? readSeries(body) : readTotals(body) };
}

function readReceipt(body: Record<string, unknown>): ReceiptAnswer {
  const accepted = Number(body.accepted);
  if (body.status !== "settled") return { accepted };
  const results = body.results as NotStored[];
  const notStored = results.map(({ index, result }) => ({ index, result }));
  const outcomes = [Number(body.stored), Number(body.duplicate), Number(body.quarantined)] as const;
  return { accepted, settled: { outcomes, notStored } };
}

function readSeries(body: Record<string, unknown>): Map<Cell, number> {
  const series = body.series as { event_type: string; start: string; count: number }[];
  return new Map(series.map(({ event_type, start, count }) => [cellOf(event_type, start), count]));
}

function readTotals(body: Record<string, unknown>): Map<Cell, number> {
  const { stored, duplicate, quarantined } = body.totals as Record<"stored" | "duplicate" | "quarantined", number>;
  return new Map(Object.entries({ stored, duplicate, quarantined }));
}
