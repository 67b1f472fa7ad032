import { isJsonObject } from "../../event/event.ts";
import { MASKED } from "../../schema/judge/run.ts";
import {
  leadIntoList,
  leadIntoObject,
  type PrivacyAct,
  type Rules,
  rulesOfItem,
  rulesOfMember,
  strongestOf,
} from "../../schema/privacy/rules.ts";
import { CUT, truncate } from "./truncate.ts";

/** What is done to one event, and what it may still cost. */
export interface Masking {
  readonly hash: (value: unknown) => string;
  /** `store`: what is dropped is not there. `keep`: a word stands for it, so that it can be judged again. */
  readonly for: "store" | "keep";
  /** It was kept after rules: what they have changed stays as it is. */
  readonly wasMasked: boolean;
  /** Steps. Below 0 nothing more is looked at, and the event must be given up. */
  left: number;
}

/** Steps that masking one event may take: a rule held against a value; a hash is 20, some 5 µs. */
export const MASKING_STEPS = 10_000;
const HASH_STEPS = 20;

/** Stands for what was dropped of an event that is kept. */
const DROPPED = "[dropped]";
const HASHED = /^h[1-9]\d*\.[A-Za-z0-9_-]{43}$/;

/** Undefined for what is dropped. Pure: the value stays as it is. */
export function maskValue(value: unknown, rules: readonly Rules[], masking: Masking): unknown {
  // What says nothing hides nothing.
  if (rules.length === 0 || value === null || value === undefined || spend(masking, rules.length)) return value;
  const act = actOn(value, rules);
  if (act) return apply(act, value, masking);
  if (Array.isArray(value)) {
    const items = value.map((item, i) => maskValue(item, rulesOfItem(rules, i), masking));
    return items.filter((item) => item !== undefined);
  }
  return isJsonObject(value) ? maskMembers(value, rules, masking) : value;
}

function maskMembers(
  value: Readonly<Record<string, unknown>>,
  rules: readonly Rules[],
  masking: Masking,
): Readonly<Record<string, unknown>> {
  const members: [string, unknown][] = [];
  for (const [name, inner] of Object.entries(value)) {
    if (spend(masking, 1)) break;
    const masked = maskValue(inner, rulesOfMember(rules, name), masking);
    if (masked !== undefined) members.push([name, masked]);
  }
  return Object.fromEntries(members);
}

/**
 * What is to be done to a value itself. What stands where a rule leads into an object or a list, and is none, is in the
 * way of the rule: nobody knows what is in it, and it is hashed as a whole.
 */
export function actOn(value: unknown, rules: readonly Rules[]): PrivacyAct | undefined {
  const act = strongestOf(rules);
  if (act) return act;
  if (Array.isArray(value)) return leadIntoList(rules) || !leadIntoObject(rules) ? undefined : "hash";
  if (isJsonObject(value)) return leadIntoObject(rules) || !leadIntoList(rules) ? undefined : "hash";
  return leadIntoList(rules) || leadIntoObject(rules) ? "hash" : undefined;
}

/** Undefined for what is dropped. */
export function apply(act: PrivacyAct, value: unknown, masking: Masking): unknown {
  if (act === "drop") return masking.for === "keep" ? DROPPED : undefined;
  if (masking.wasMasked && isMasked(value)) return value === DROPPED ? undefined : value;
  if (act === "truncate" && typeof value === "string") return truncate(value);
  return spend(masking, HASH_STEPS) ? undefined : masking.hash(value);
}

/** Whether a value, at a place that rules lead to, is what they have left of another one. */
function isMasked(value: unknown): boolean {
  return typeof value === "string" && (value === DROPPED || value.endsWith(CUT) || HASHED.test(value));
}

/** The same value with `MASKED` for what rules have changed, for whoever judges it. */
export function showMasked(value: unknown, rules: readonly Rules[]): unknown {
  if (rules.length === 0 || value === null || value === undefined) return value;
  const act = actOn(value, rules);
  if (act) return isMasked(value) ? MASKED : value;
  if (Array.isArray(value)) return value.map((item, i) => showMasked(item, rulesOfItem(rules, i)));
  if (!isJsonObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, showMasked(inner, rulesOfMember(rules, name))]),
  );
}

function spend(masking: Masking, steps: number): boolean {
  masking.left -= steps;
  return masking.left < 0;
}
