import { type Rules, rulesOfItem, rulesOfMember } from "../../schema/privacy/rules.ts";
import {
  CLOSE_ARRAY,
  CLOSE_OBJECT,
  COMMA,
  endOfString,
  endOfValue,
  OPEN_ARRAY,
  OPEN_OBJECT,
  QUOTE,
  skipSpace,
} from "../json-bytes.ts";
import { actOn, apply, type Masking } from "./mask-value.ts";

/** Whether an event has a field of this name. */
type IsField = (name: string) => boolean;

/**
 * An event's own bytes, one sound JSON object, with its properties after the rules: what no rule leads to stays byte
 * for byte, a name that stands twice and a long number too. What an event has no field for is hashed: it may be a
 * property that was put beside the others.
 */
export function maskSource(bytes: Buffer, rules: readonly Rules[], isField: IsField, masking: Masking): string {
  const start = skipSpace(bytes, 0);
  const members = partsOf(bytes, start).map(({ name, nameText, at, end }) => {
    if (name === "properties") return `${nameText}:${maskSpan(bytes, at, end, rules, masking)}`;
    if (isField(name)) return `${nameText}:${bytes.toString("utf8", at, end)}`;
    return `${nameText}:${write(apply("hash", parseSpan(bytes, at, end), masking))}`;
  });
  return `{${members.join(",")}}`;
}

function maskSpan(bytes: Buffer, at: number, end: number, rules: readonly Rules[], masking: Masking): string {
  const text = (): string => bytes.toString("utf8", at, end);
  masking.left -= rules.length;
  if (rules.length === 0 || masking.left < 0) return text();
  const first = bytes[at];
  // Enough to tell of which kind it is: what is within is looked at by its bytes.
  const kind = first === OPEN_OBJECT ? {} : first === OPEN_ARRAY ? [] : parseSpan(bytes, at, end);
  if (kind === null) return text();
  const act = actOn(kind, rules);
  if (act) return write(apply(act, parseSpan(bytes, at, end), masking));
  if (first === OPEN_ARRAY) {
    const items = partsOf(bytes, at).map((one, i) => maskSpan(bytes, one.at, one.end, rulesOfItem(rules, i), masking));
    return `[${items.join(",")}]`;
  }
  if (first !== OPEN_OBJECT) return text();
  const members = partsOf(bytes, at).map(({ name, nameText, at: from, end: to }) => {
    masking.left--;
    return `${nameText}:${maskSpan(bytes, from, to, rulesOfMember(rules, name), masking)}`;
  });
  return `{${members.join(",")}}`;
}

function parseSpan(bytes: Buffer, at: number, end: number): unknown {
  return JSON.parse(bytes.toString("utf8", at, end));
}

function write(value: unknown): string {
  return JSON.stringify(value ?? null);
}

interface Part {
  /** Empty in an array. */
  readonly name: string;
  readonly nameText: string;
  readonly at: number;
  readonly end: number;
}

/** The members of an object or the items of an array that begins at `start`. */
function partsOf(bytes: Buffer, start: number): Part[] {
  const parts: Part[] = [];
  const isObject = bytes[start] === OPEN_OBJECT;
  const close = isObject ? CLOSE_OBJECT : CLOSE_ARRAY;
  for (let i = skipSpace(bytes, start + 1); i < bytes.length && bytes[i] !== close; ) {
    let [nameText, at] = ["", i];
    if (isObject && bytes[i] === QUOTE) {
      const behind = endOfString(bytes, i, bytes.length) + 1;
      nameText = bytes.toString("utf8", i, behind);
      at = skipSpace(bytes, skipSpace(bytes, behind) + 1);
    }
    const end = endOfValue(bytes, at);
    parts.push({ name: nameText === "" ? "" : String(JSON.parse(nameText)), nameText, at, end });
    i = skipSpace(bytes, end);
    if (bytes[i] === COMMA) i = skipSpace(bytes, i + 1);
  }
  return parts;
}
