import type { Limits } from "../config.ts";
import { checkObject } from "../event/check-json.ts";
import type { AcceptedEvent, ClientEvent, JsonObject, SchemaWarning } from "../event/event.ts";
import { clockCorrection, resolveTime } from "../event/event-time.ts";
import type { Turns } from "../runtime/turn.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import type { Rules } from "../schema/privacy/rules.ts";
import { checkEvent } from "./check-event.ts";
import { hashContent, idOfKey } from "./idempotency-key.ts";
import { inspectEvent } from "./inspect-event.ts";
import { MASKING_STEPS, maskValue, showMasked } from "./privacy/mask-value.ts";
import type { Privacy } from "./privacy/privacy.ts";
import type { EventProblem, RawBatch, RawEvent } from "./raw-batch.ts";
import type { Judge, OrgRules, Verdict } from "./schemas/judge-events.ts";
import { surveyInTurns } from "./survey-json.ts";

/** An event with its JSON as an envelope carries it and the number of its names, or the fault that was found first. */
export type CheckedEvent =
  | { readonly event: AcceptedEvent; readonly json: string; readonly names: number }
  | { readonly problem: EventProblem };

/** Events that are judged between two looks whether others wait. */
const JUDGED_AT_ONCE = 4;

/**
 * Checks each event of a batch for itself, also for what parsing changed in silence, and holds it against its schema.
 * Lets other work have its turn in between. Throws AppError as `sources` of a batch does, and `schemas_unavailable`.
 */
export async function checkEach(
  batch: RawBatch,
  receivedAt: number,
  limits: Limits,
  turns: Turns,
  rules?: OrgRules,
): Promise<readonly CheckedEvent[]> {
  const judge = await rules?.prepareJudge(batch.events, turns);
  const privacy = rules?.privacy;
  const correction = clockCorrection(batch.sentAt, receivedAt);
  const checked: CheckedEvent[] = [];
  let names = 0;
  const { context, idempotencyKey, from = 0, wasMasked = false } = batch;
  for (const [at, raw] of batch.events.entries()) {
    if (turns.isOver()) await turns.next();
    const index = from + at;
    const ofBatch = { correction, receivedAt, context, idempotencyKey, index, judge, privacy, wasMasked };
    const one = checkRawEvent(raw, ofBatch, limits);
    checked.push(one);
    if ("names" in one) names += one.names;
    // Such an event may have been long work, as those that are judged may, 1 ms each, and those under privacy rules.
    if (!("names" in one) || privacy || (judge && at % JUDGED_AT_ONCE === 0)) await turns.pause();
  }
  // An event that is not valid has names that were not counted, so that every event is looked at again.
  if ((batch.asSent ?? names === batch.names) && !batch.mayRound) return checked;
  for (const [index, source] of (await batch.sources(turns)).entries()) {
    if (turns.isOver()) await turns.next();
    const one = checked[index];
    if (one && "names" in one) checked[index] = await checkSource(one, source, turns);
  }
  return checked;
}

/** Holds a valid event against its bytes. */
async function checkSource(
  checked: CheckedEvent & { readonly names: number },
  source: Buffer,
  turns: Turns,
): Promise<CheckedEvent> {
  const { names, mayRound } = await surveyInTurns(source, turns);
  const problem = names !== checked.names || mayRound ? await inspectEvent(source, turns) : undefined;
  return problem ? { problem } : checked;
}

/** What an event gets from its batch. */
interface OfBatch {
  readonly correction: number;
  readonly receivedAt: number;
  readonly context: JsonObject | undefined;
  readonly idempotencyKey: string | undefined;
  /** Its place in the batch. */
  readonly index: number;
  readonly judge: Judge | undefined;
  readonly privacy: Privacy | undefined;
  readonly wasMasked: boolean;
}

function checkRawEvent(raw: RawEvent, batch: OfBatch, limits: Limits): CheckedEvent {
  if ("problem" in raw) return raw;
  const checked = checkEvent(raw.value);
  if ("problem" in checked) return checked;
  if (checked.bytes > limits.eventBytes) return tooLarge(`at least ${checked.bytes} bytes of JSON`, limits);
  const context = contextOf(checked.event, batch);
  if (context && "problem" in context) return context;
  const rules = batch.privacy?.rulesOf(checked.event.event_type);
  const verdict = batch.judge?.(rules && batch.wasMasked ? withMasked(checked.event, rules) : checked.event);
  if (verdict?.problem && verdict.isRefused) return { problem: toProblem(verdict.problem, verdict.version) };
  const masked = rules && batch.privacy ? maskEvent(checked.event, rules, batch.privacy, batch) : checked.event;
  if (!masked) return { problem: TOO_MUCH_UNDER_RULES };
  const event = toAccepted(masked, context?.value, batch);
  if (verdict) keepVerdict(event, verdict);
  const json = JSON.stringify(event);
  // A UTF-16 code unit is at most 3 bytes of UTF-8: most events need no second look.
  const bytes = json.length * 3 > limits.eventBytes ? Buffer.byteLength(json) : 0;
  if (bytes > limits.eventBytes) return tooLarge(`${bytes} bytes of JSON`, limits);
  const columns = verdict?.columnsOf?.(event.properties);
  if (!columns) return { event, json, names: checked.names };
  // They are ours: what a client may send is not less for them.
  const whole = `${json.slice(0, -1)},${JSON.stringify(columns).slice(1)}`;
  return { event: Object.assign(event, columns), json: whole, names: checked.names };
}

/** With what is left of its properties; undefined when that takes too long. */
function maskEvent(
  event: ClientEvent,
  rules: readonly Rules[],
  privacy: Privacy,
  { wasMasked }: Pick<OfBatch, "wasMasked">,
): ClientEvent | undefined {
  const masking = privacy.begin({ for: "store", wasMasked });
  const properties = maskValue(event.properties, rules, masking) as ClientEvent["properties"];
  return masking.left < 0 ? undefined : { ...event, properties };
}

/** As whoever judges it is to see it. */
function withMasked(event: ClientEvent, rules: readonly Rules[]): ClientEvent {
  return { ...event, properties: showMasked(event.properties, rules) as ClientEvent["properties"] };
}

const TOO_MUCH_UNDER_RULES: EventProblem = {
  code: "schema_too_costly",
  path: "properties",
  message: `privacy rules take more than ${MASKING_STEPS} steps: too many values are under them`,
};

function toProblem(problem: SchemaWarning, version: number | undefined): EventProblem {
  return version === undefined ? problem : { ...problem, schema_version: version };
}

/** The version that judged travels with the event, so that nobody judges it again. */
function keepVerdict(event: Writable<AcceptedEvent>, { version, problem }: Verdict): void {
  if (version !== undefined) event.schema_version = version;
  if (problem) event.schema_warnings = [problem];
}

function tooLarge(found: string, { eventBytes }: Limits): CheckedEvent {
  const message = `found ${found}, expected at most ${eventBytes} bytes of JSON in all`;
  return { problem: { code: "too_large", path: "", message } };
}

/** An event's own context, and what its batch has beside it. Together they may be more than one may have. */
function contextOf(
  { context: own }: ClientEvent,
  { context: shared }: OfBatch,
): { readonly value: JsonObject } | { readonly problem: EventProblem } | undefined {
  if (!shared) return own ? { value: own } : undefined;
  if (!own) return { value: shared };
  const value = { ...shared, ...own };
  const checked = checkObject(value, "context");
  return "problem" in checked ? checked : { value };
}

function idOf({ idempotencyKey, index, receivedAt }: OfBatch): string {
  return idempotencyKey === undefined ? uuidv7(receivedAt) : idOfKey(idempotencyKey, index);
}

/** Member by member, and only those that it has: of what is spread, the engine knows no shape. */
function toAccepted(event: ClientEvent, context: JsonObject | undefined, batch: OfBatch): Writable<AcceptedEvent> {
  const { correction, receivedAt, idempotencyKey } = batch;
  const { timestamp, originalTimestamp } = resolveTime(event.timestamp ?? undefined, correction, receivedAt);
  const { event_id = null, event_type, schema_version, user_id, anonymous_id, session_id, properties } = event;
  const accepted: Writable<AcceptedEvent> = { event_id: event_id ?? idOf(batch), event_type, timestamp };
  if (originalTimestamp !== undefined) accepted.original_timestamp = originalTimestamp;
  if (schema_version != null) accepted.schema_version = schema_version;
  if (user_id != null) accepted.user_id = user_id;
  if (anonymous_id != null) accepted.anonymous_id = anonymous_id;
  if (session_id != null) accepted.session_id = session_id;
  if (properties != null) accepted.properties = properties;
  if (context !== undefined) accepted.context = context;
  if (event_id === null && idempotencyKey !== undefined) accepted.content_hash = hashContent(event, batch.context);
  return accepted;
}

type Writable<T> = { -readonly [Name in keyof T]: T[Name] };
