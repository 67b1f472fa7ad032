/** As deep as the API takes `properties`. */
const DEPTH = 20;
const UNREADABLE = "[unreadable]";

/**
 * JSON of any object, without throwing: BigInt and dates become text, maps objects, sets and typed arrays arrays. What
 * JSON has not (undefined, functions, symbols) is left out. A text in brackets stands for what cannot be written.
 */
export function toJson(value: object): string {
  return JSON.stringify(plain(value, 0, new Set()));
}

function plain(value: unknown, depth: number, open: Set<unknown>): unknown {
  if (typeof value === "bigint") return `${value}`;
  if (typeof value === "function" || typeof value === "symbol") return undefined;
  if (typeof value !== "object" || value === null) return value;
  if (open.has(value)) return "[circular]";
  if (depth > DEPTH) return "[too deep]";
  open.add(value);
  try {
    return plainObject(value, depth, open);
  } catch {
    return UNREADABLE;
  } finally {
    open.delete(value);
  }
}

function plainObject(value: object, depth: number, open: Set<unknown>): unknown {
  const { toJSON } = value as { toJSON?: unknown };
  if (typeof toJSON === "function") return plain(toJSON.call(value), depth, open);
  // By name: an object of another frame or context is of another class.
  const kind = Object.prototype.toString.call(value);
  if (Array.isArray(value) || kind === "[object Set]" || ArrayBuffer.isView(value))
    return Array.from(value as Iterable<unknown>, (one) => plain(one, depth + 1, open) ?? null);
  // Without a prototype, a name such as `__proto__` is one as any other.
  const made = Object.create(null) as Record<string, unknown>;
  const isMap = kind === "[object Map]";
  const names: Iterable<unknown> = isMap ? (value as Map<unknown, unknown>).keys() : Object.keys(value);
  for (const key of kind === "[object Error]" ? ["name", "message", ...names] : names) {
    const name = `${key as string}`;
    try {
      made[name] = plain(isMap ? (value as Map<unknown, unknown>).get(key) : value[name as never], depth + 1, open);
    } catch {
      made[name] = UNREADABLE;
    }
  }
  return made;
}
