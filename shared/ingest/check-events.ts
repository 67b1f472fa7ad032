import type { Limits } from "../config.ts";
import type { ItemText } from "../envelope/content.ts";
import { AppError, type EventProblemCode } from "../errors.ts";
import type { Turns } from "../runtime/turn.ts";
import { type CheckedEvent, checkEach } from "./check-each.ts";
import { shorten } from "./describe.ts";
import type { Privacy } from "./privacy/privacy.ts";
import { quarantine } from "./quarantine-item.ts";
import type { EventProblem, RawBatch } from "./raw-batch.ts";
import type { OrgRules } from "./schemas/judge-events.ts";

/** What is already known of an event that will not be stored. */
export interface EventResult {
  readonly index: number;
  readonly event_id?: string;
  readonly result: "duplicate" | "quarantined";
  readonly code: EventProblemCode;
  /** Within the request: `events[17].timestamp`. */
  readonly path: string;
  readonly message: string;
}

interface CheckedEvents {
  /** JSON texts of envelope items, one for each event. */
  readonly items: readonly ItemText[];
  readonly results: readonly EventResult[];
}

/** The most invalid events of a request that are kept; each is a document, however few bytes it was. */
const MAX_INVALID = 1_000;
/**
 * What the names of a request's event types take, in bytes of JSON. The ledger writes an entry with its table of types,
 * and the same table in its delta, in one transaction of at most 2 MB. Beside them are a row for each type and hour, of
 * at most 18 bytes and twice as well, and ranges of indexes: with 25,000 events, 1.6 MB in all.
 */
const MAX_TYPE_BYTES = 256 * 1024;
/** Invalid events that are named when there are more than that. */
const NAMED = 100;

/**
 * Checks each event for itself, and marks those that repeat an id of the same batch. An invalid event goes along, as
 * its bytes were sent. Throws AppError `too_many_event_types`, `too_many_invalid_events`, or as `checkEach` does.
 */
export async function checkEvents(
  sent: RawBatch,
  receivedAt: number,
  limits: Limits,
  turns: Turns,
  rules?: OrgRules,
): Promise<CheckedEvents> {
  const privacy = rules?.privacy;
  const batch = privacy ? withHashedKey(sent, privacy) : sent;
  const checked = await checkEach(batch, receivedAt, limits, turns, rules);
  await turns.pause();
  refuseMostlyInvalid(checked);
  const sources = checked.some((one) => "problem" in one) ? await batch.sources(turns) : [];
  const items: ItemText[] = [];
  const results: EventResult[] = [];
  const firstById = new Map<string, number>();
  const types = new Set<string>();
  for (const [index, one] of checked.entries()) {
    if (turns.isOver()) await turns.next();
    if ("problem" in one) {
      items.push(await quarantine(one.problem, batch, index, sources[index], turns, privacy));
      results.push(resultOf(index, "quarantined", one.problem, undefined));
      continue;
    }
    const { event, json } = one;
    const first = firstById.get(event.event_id);
    if (first === undefined) {
      firstById.set(event.event_id, index);
      types.add(event.event_type);
      items.push(`{"e":${json}}`);
      continue;
    }
    items.push(JSON.stringify({ d: { event_id: event.event_id, of: first } }));
    results.push(resultOf(index, "duplicate", repetitionOf(first), event.event_id));
  }
  refuseManyTypes(types, limits.eventTypes);
  return { items, results };
}

/** A plain hash of bytes would tell whoever can guess them that they were right. */
function withHashedKey(batch: RawBatch, privacy: Privacy): RawBatch {
  const { idempotencyKey, keyIsOfBytes } = batch;
  if (idempotencyKey === undefined || !keyIsOfBytes) return batch;
  return { ...batch, idempotencyKey: privacy.hashBytes(idempotencyKey), keyIsOfBytes: false };
}

function refuseMostlyInvalid(checked: readonly CheckedEvent[]): void {
  if (checked.length <= MAX_INVALID) return;
  const invalid = checked.flatMap((one, index) => ("problem" in one ? [{ index, problem: one.problem }] : []));
  if (invalid.length <= MAX_INVALID) return;
  const results = invalid
    .slice(0, NAMED)
    .map(({ index, problem }) => resultOf(index, "quarantined", problem, undefined));
  throw new AppError(
    "too_many_invalid_events",
    `${invalid.length} of ${checked.length} events are not valid; at most ${MAX_INVALID} are taken at once`,
    { members: { limit: MAX_INVALID, results } },
  );
}

function refuseManyTypes(types: ReadonlySet<string>, limit: number): void {
  if (types.size > limit)
    throw new AppError(
      "too_many_event_types",
      `the request has ${types.size} event types; at most ${limit} are taken at once`,
      { members: { limit } },
    );
  let bytes = 0;
  for (const type of types) bytes += Buffer.byteLength(JSON.stringify(type)) + 1;
  if (bytes > MAX_TYPE_BYTES)
    throw new AppError(
      "too_many_event_types",
      `the names of the request's ${types.size} event types take ${bytes} bytes; at most ${MAX_TYPE_BYTES} are taken at once`,
      { members: { limit: MAX_TYPE_BYTES } },
    );
}

function repetitionOf(first: number): EventProblem {
  const message = `events[${first}] has the same event_id`;
  return { code: "repeated_event_id", path: "event_id", message };
}

function resultOf(
  index: number,
  result: EventResult["result"],
  { code, path, message }: EventProblem,
  eventId: string | undefined,
): EventResult {
  const place = path === "" ? `events[${index}]` : `events[${index}].${shorten(path)}`;
  return { index, ...(eventId === undefined ? undefined : { event_id: eventId }), result, code, path: place, message };
}
