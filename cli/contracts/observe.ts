/** What was seen at one place of many values. */
export interface Seen {
  /** Values that stood there. */
  count: number;
  /** How many of each JSON type; `integer` apart from `number`. */
  readonly types: Map<string, number>;
  /** Different texts, as long as they are few; after that `undefined`. */
  texts: Set<string> | undefined;
  /** Which text was the last that had not been seen before, counted from 1. */
  lastNewText: number;
  textCount: number;
  /** Formats that every text had so far. */
  formats: string[];
  negative: boolean;
  readonly members: Map<string, Seen>;
  /** Names that came when there were too many to tell apart. */
  isMap: boolean;
  items: Seen | undefined;
}

/** More different texts than these are no enum. */
const MOST_TEXTS = 20;
/** An object with more names than these is a map. */
const MOST_NAMES = 200;

export function createSeen(formats: readonly string[]): Seen {
  return {
    ...{ count: 0, types: new Map(), texts: new Set(), lastNewText: 0, textCount: 0, formats: [...formats] },
    ...{ negative: false, members: new Map(), isMap: false, items: undefined },
  };
}

export type Formats = Readonly<Record<string, (text: string) => boolean>>;

/** Adds a value to what was seen. */
export function observe(seen: Seen, value: unknown, formats: Formats): void {
  seen.count += 1;
  const type = typeOf(value);
  seen.types.set(type, (seen.types.get(type) ?? 0) + 1);
  if (typeof value === "string") observeText(seen, value, formats);
  else if (typeof value === "number") seen.negative ||= value < 0;
  else if (Array.isArray(value)) observeItems(seen, value, formats);
  else if (typeof value === "object" && value !== null) observeMembers(seen, value, formats);
}

function typeOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return Number.isInteger(value) ? "integer" : typeof value;
}

function observeText(seen: Seen, text: string, formats: Formats): void {
  seen.textCount += 1;
  seen.formats = seen.formats.filter((name) => formats[name]?.(text));
  if (!seen.texts || seen.texts.has(text)) return;
  seen.texts.add(text);
  seen.lastNewText = seen.textCount;
  if (seen.texts.size > MOST_TEXTS) seen.texts = undefined;
}

function observeItems(seen: Seen, items: readonly unknown[], formats: Formats): void {
  seen.items ??= createSeen(Object.keys(formats));
  for (const item of items) observe(seen.items, item, formats);
}

function observeMembers(seen: Seen, value: object, formats: Formats): void {
  for (const [name, member] of Object.entries(value)) {
    const place = seen.members.get(name) ?? createSeen(Object.keys(formats));
    if (!seen.members.has(name)) {
      seen.isMap ||= seen.members.size >= MOST_NAMES;
      // What comes beyond is told of the first one: a map has values of one kind.
      if (seen.isMap) {
        const [first] = seen.members.values();
        if (first) observe(first, member, formats);
        continue;
      }
      seen.members.set(name, place);
    }
    observe(place, member, formats);
  }
}
