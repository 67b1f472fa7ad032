import type { Answer } from "./call.ts";
import type { Reason } from "./types.ts";

/** What the API said of one event. */
export interface EventResult extends Reason {
  readonly index: number;
  readonly result: string;
  readonly path: string;
}

/** What an answer means for the events of its request. */
export type Verdict =
  | { readonly kind: "delivered"; readonly receiptId: string; readonly results: readonly EventResult[] }
  /** The request was too much, or an event of it spoils it: in smaller ones the others get through. */
  | (Reason & { readonly kind: "split"; readonly results: readonly EventResult[] })
  | (Reason & { readonly kind: "blocked"; readonly fix: string })
  | (Reason & { readonly kind: "again"; readonly retryAfterMs?: number; readonly warning?: string });

export interface Body {
  readonly receipt_id?: unknown;
  readonly accepted?: unknown;
  readonly results?: unknown;
  readonly code?: unknown;
  readonly detail?: unknown;
  readonly fix?: unknown;
}

/** The most that a `Retry-After` is believed. */
const LONGEST = 3_600_000;
const CHECK = ". Check the endpoint and what is before it: proxy, sign-in page, redirect";
/** Codes that speak of events, and not of who sends them. */
const ofEvents = /^(too_|body_too_large|no_valid_event|invalid_body|invalid_json)/;

/** Reads an answer to a request of `count` events. Only what is certainly the API's is believed. */
export function judge({ status, text, headers }: Answer, count: number): Verdict {
  const body = readBody(text);
  const results = Array.isArray(body.results) ? (body.results as EventResult[]) : [];
  if (status === 202 && typeof body.receipt_id === "string" && body.accepted === count)
    return { kind: "delivered", receiptId: body.receipt_id, results };
  const isOurs = typeof body.code === "string";
  const code = `${isOurs ? body.code : `http_${status}`}`;
  const message = `${body.detail ?? `the answer is ${status}`}`;
  if (status === 413 || (isOurs && status === 400 && ofEvents.test(code)))
    return { kind: "split", code, message, results };
  if (status === 408 || status === 429 || status >= 500)
    return { kind: "again", code, message, retryAfterMs: readPause(headers.get("retry-after")) };
  if (isOurs) return { kind: "blocked", code, message, fix: String(body.fix) };
  return { kind: "again", code: "not_headrace", message, warning: `${message}, and not from Headrace${CHECK}` };
}

/** A cut, empty or foreign body is like an empty object. */
export function readBody(text: string): Body {
  try {
    return Object(JSON.parse(text)) as Body;
  } catch {
    return {};
  }
}

/** Milliseconds of a `Retry-After`, which has seconds or a date; 0 for none. */
function readPause(header: string | null): number {
  const ms = Number(header) * 1000 || Date.parse(`${header}`) - Date.now();
  return Math.min(Math.max(ms || 0, 0), LONGEST);
}
