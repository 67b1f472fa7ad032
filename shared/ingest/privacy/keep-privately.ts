import type { OfRequest, RawContent } from "../../envelope/content.ts";
import { type LegibleFields, legibleFieldsOf } from "../../envelope/legible-fields.ts";
import { eventSchema, isJsonObject, type JsonObject } from "../../event/event.ts";
import { hidesNames, type Rules } from "../../schema/privacy/rules.ts";
import { OWN_FORM } from "../parse-body.ts";
import type { EventProblem, RawBatch } from "../raw-batch.ts";
import { maskSource } from "./mask-source.ts";
import { maskValue } from "./mask-value.ts";
import type { Privacy } from "./privacy.ts";

/** How an invalid event is kept where an org has privacy rules. */
export interface KeptPrivately {
  readonly problem: EventProblem;
  readonly fields?: LegibleFields | undefined;
  readonly ofRequest?: OfRequest;
  readonly raw: RawContent;
}

const UNREADABLE =
  "it cannot be read as an event, and types of the org have privacy rules: its hash and length are kept";

/** What parsing changed: after the rules nobody could tell that it did. */
const changed: ReadonlySet<string> = new Set(["number_not_exact", "repeated_name"]);
/** Bytes of an event that is looked at for rules. One that is larger waits as what cannot be read. */
const MOST_BYTES = 2 * 1024 * 1024;

/**
 * Undefined where an event may be kept as it was sent: it is of a type without rules. One of a type with rules is kept
 * whole after them; of one that cannot be read as an event, only hash, length and reason.
 */
export function keepPrivately(
  privacy: Privacy,
  problem: EventProblem,
  batch: RawBatch,
  index: number,
  source: Buffer,
): KeptPrivately | undefined {
  const event = batch.events[index];
  const value = event && "value" in event ? event.value : undefined;
  const type = isJsonObject(value) ? eventSchema.shape.event_type.safeParse(value.event_type).data : undefined;
  const isAmbiguous = problem.code === "repeated_name" && problem.path === "event_type";
  if (type !== undefined && isJsonObject(value) && !isAmbiguous) {
    const rules = privacy.rulesOf(type);
    if (!rules) return undefined;
    const text = maskEvent(privacy, rules, problem, { batch, value, source });
    if (text !== undefined)
      return {
        problem: quieten(problem, rules),
        fields: legibleFieldsOf(value),
        ofRequest: { ...ofRequestOf(batch), masked: true },
        raw: { text },
      };
  }
  const digest = { hash: privacy.hashBytes(source), bytes: source.length };
  return { problem: { code: problem.code, path: "", message: UNREADABLE }, raw: { digest } };
}

interface ToMask {
  readonly batch: RawBatch;
  readonly value: JsonObject;
  readonly source: Buffer;
}

/** Undefined for one that masking would cost too much, or hide what is wrong with it. */
function maskEvent(
  privacy: Privacy,
  rules: readonly Rules[],
  { code }: EventProblem,
  { batch, value, source }: ToMask,
): string | undefined {
  const masking = privacy.begin({ for: "keep", wasMasked: batch.wasMasked ?? false });
  if (source.length > MOST_BYTES) return undefined;
  const isOwn = (batch.dialect?.name ?? OWN_FORM) === OWN_FORM;
  if (!isOwn && (changed.has(code) || !isExact(value.properties))) return undefined;
  const text = isOwn
    ? maskSource(source, rules, (name) => Object.hasOwn(eventSchema.shape, name), masking)
    : JSON.stringify({ ...value, properties: maskValue(value.properties, rules, masking) });
  return masking.left < 0 ? undefined : text;
}

/** Whether JSON can say it again. */
function isExact(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || value === null || Object.values(value).every(isExact);
}

/** An event of a dialect is kept as it was translated, in our own form. */
function ofRequestOf({ sentAt, idempotencyKey, dialect }: RawBatch): OfRequest {
  return {
    ...(sentAt === undefined ? undefined : { sent_at: sentAt }),
    ...(idempotencyKey === undefined ? undefined : { idempotency_key: idempotencyKey }),
    ...(dialect?.name === OWN_FORM ? { dialect } : undefined),
  };
}

/** Without what was found, and without names that a rule may hide. */
function quieten(problem: EventProblem, rules: readonly Rules[]): EventProblem {
  const message = problem.message.replace(/^found [\s\S]*, expected /, "expected ");
  const [field = ""] = problem.path.split(/[.[]/, 1);
  return { ...problem, message, path: hidesNames(rules) ? field : problem.path };
}
