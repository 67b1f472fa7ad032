import type { Limits } from "../config.ts";
import type { AcceptedEvent } from "../event/event.ts";
import { clockCorrection, resolveTime } from "../event/event-time.ts";
import type { Turns } from "../runtime/turn.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { type ClientEvent, checkEvent } from "./check-event.ts";
import { inspectEvent } from "./inspect-event.ts";
import type { EventProblem, RawBatch, RawEvent } from "./raw-batch.ts";
import { surveyJson } from "./survey-json.ts";

/** An event with its JSON as an envelope carries it and the number of its names, or the fault that was found first. */
export type CheckedEvent =
  | { readonly event: AcceptedEvent; readonly json: string; readonly names: number }
  | { readonly problem: EventProblem };

/**
 * Checks each event of a batch for itself, also for what parsing changed in silence. Lets other work have its turn in
 * between. Throws AppError `invalid_json` when the wrapper around the events has a name twice.
 */
export async function checkEach(
  batch: RawBatch,
  receivedAt: number,
  limits: Limits,
  turns: Turns,
): Promise<readonly CheckedEvent[]> {
  const correction = clockCorrection(batch.sentAt, receivedAt);
  const checked: CheckedEvent[] = [];
  let names = 0;
  for (const raw of batch.events) {
    if (turns.isOver()) await turns.next();
    const one = checkRawEvent(raw, correction, receivedAt, limits);
    checked.push(one);
    names += "names" in one ? one.names : 0;
  }
  // An event that is not valid has names that were not counted, so that every event is looked at again.
  if (names === batch.names && !batch.mayRound) return checked;
  for (const [index, source] of batch.sources().entries()) {
    if (turns.isOver()) await turns.next();
    const one = checked[index];
    if (one && "names" in one) checked[index] = checkSource(one, source);
  }
  return checked;
}

/** Holds a valid event against its bytes. */
function checkSource(checked: CheckedEvent & { readonly names: number }, source: Buffer): CheckedEvent {
  const { names, mayRound } = surveyJson(source);
  const problem = names !== checked.names || mayRound ? inspectEvent(source) : undefined;
  return problem ? { problem } : checked;
}

function checkRawEvent(raw: RawEvent, correction: number, receivedAt: number, limits: Limits): CheckedEvent {
  if ("problem" in raw) return raw;
  const checked = checkEvent(raw.value);
  if ("problem" in checked) return checked;
  const event = toAccepted(checked.event, correction, receivedAt);
  const json = JSON.stringify(event);
  // A UTF-16 code unit is at most 3 bytes of UTF-8: most events need no second look.
  if (json.length * 3 > limits.eventBytes && Buffer.byteLength(json) > limits.eventBytes) {
    const message = `found ${Buffer.byteLength(json)} bytes of JSON, expected at most ${limits.eventBytes}`;
    return { problem: { code: "too_large", path: "", message } };
  }
  return { event, json, names: checked.names };
}

function toAccepted(event: ClientEvent, correction: number, receivedAt: number): AcceptedEvent {
  const { timestamp, originalTimestamp } = resolveTime(event.timestamp ?? undefined, correction, receivedAt);
  return {
    event_id: event.event_id ?? uuidv7(receivedAt),
    event_type: event.event_type,
    timestamp,
    ...(originalTimestamp === undefined ? undefined : { original_timestamp: originalTimestamp }),
    ...(event.schema_version == null ? undefined : { schema_version: event.schema_version }),
    ...(event.user_id == null ? undefined : { user_id: event.user_id }),
    ...(event.anonymous_id == null ? undefined : { anonymous_id: event.anonymous_id }),
    ...(event.session_id == null ? undefined : { session_id: event.session_id }),
    ...(event.properties == null ? undefined : { properties: event.properties }),
  };
}
