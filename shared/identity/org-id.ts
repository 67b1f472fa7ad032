/**
 * An org's id: 1 to 64 of `a-z 0-9 . - ~`. It has no `_` (API keys separate their parts with it), and nothing that
 * needs escaping in a URL, a blob name or a Cosmos DB partition key. `.` and `..` alone are refused: URL paths would
 * lose them. A new org's id does not end in a dot either (`endsInDot`); orgs from before keep theirs.
 */
const ORG_ID = /^(?!\.{1,2}$)[a-z0-9.~-]{1,64}$/;

/** The pseudo-org that holds what belongs to no tenant, such as an unreadable message. No real org id has a `_`. */
export const SERVICE_ORG_ID = "_service";

export function isOrgId(value: string): boolean {
  return ORG_ID.test(value);
}

/** Azure Storage drops a dot at the end of a segment of a blob's name, and an org's id is one. */
export function endsInDot(id: string): boolean {
  return id.endsWith(".");
}

/**
 * Turns any name into an org id, reversibly: `a-z 0-9 . -` stay, every other UTF-8 byte becomes `~` and two hex digits.
 * `#en.wikipedia` becomes `~23en.wikipedia`. Throws a RangeError when the result is empty, a mere `.`/`..` or too long.
 */
export function encodeOrgId(name: string): string {
  let id = "";
  for (const byte of new TextEncoder().encode(name)) {
    const char = String.fromCharCode(byte);
    id += /[a-z0-9.-]/.test(char) ? char : `~${byte.toString(16).padStart(2, "0")}`;
  }
  if (!isOrgId(id)) {
    throw new RangeError(`org name ${JSON.stringify(name)} gives the id "${id}"; an id has 1 to 64 characters`);
  }
  return id;
}

/** The name that `encodeOrgId` was given. Throws a RangeError for a text that it never makes. */
export function decodeOrgId(id: string): string {
  const bytes: number[] = [];
  for (let i = 0; i < id.length; i++) {
    if (id[i] !== "~") {
      bytes.push(id.charCodeAt(i));
      continue;
    }
    const hex = id.slice(i + 1, i + 3);
    if (!/^[0-9a-f]{2}$/.test(hex))
      throw new RangeError(`"${id}" is not an encoded org name: "~" without two hex digits`);
    bytes.push(Number.parseInt(hex, 16));
    i += 2;
  }
  return new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
}
