import type { Value } from "../json.ts";

const view = new DataView(new ArrayBuffer(8));

/**
 * A text that sorts as Cosmos DB sorts values: undefined, null, false, true, numbers, strings, arrays, objects. The
 * first character is the type, so a range over one type never meets another. Arrays and objects all sort alike within
 * their type.
 */
export function encodeKey(value: Value): string {
  switch (typeof value) {
    case "string":
      return `5${value}`;
    case "number":
      return `4${encodeNumber(value)}`;
    case "boolean":
      return value ? "3" : "2";
    case "undefined":
      return "0";
    default:
      if (value === null) return "1";
      return Array.isArray(value) ? "6" : "7";
  }
}

function encodeNumber(value: number): string {
  view.setFloat64(0, value === 0 ? 0 : value);
  const high = view.getUint32(0);
  const low = view.getUint32(4);
  const negative = high >>> 31 === 1;
  const sortableHigh = negative ? ~high >>> 0 : (high | 0x8000_0000) >>> 0;
  const sortableLow = negative ? ~low >>> 0 : low;
  return sortableHigh.toString(16).padStart(8, "0") + sortableLow.toString(16).padStart(8, "0");
}

/** The smallest and the first too large key of a type: `[from, to)`. */
export function rangeOfType(key: string): { readonly from: string; readonly to: string } {
  const type = key.charCodeAt(0);
  return { from: String.fromCharCode(type), to: String.fromCharCode(type + 1) };
}

/** By code point, as SQLite compares UTF-8 text; JavaScript's `<` differs above U+FFFF. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return isSurrogate(x) === isSurrogate(y) ? x - y : isSurrogate(x) ? 1 : -1;
  }
  return a.length - b.length;
}

// A surrogate pair stands for a code point above every single unit.
function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
