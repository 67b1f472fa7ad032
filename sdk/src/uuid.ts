/** A UUIDv7 (RFC 9562): by time, so that ids of one client sort as they were made. */
export function makeUuid(now: number): string {
  const digits = [toHex(Math.max(0, now), 12), ...Array.from(randomBytes(), (byte) => toHex(byte, 2))].join("");
  let at = 0;
  return "xxxxxxxx-xxxx-7xxx-8xxx-xxxxxxxxxxxx".replaceAll("x", () => digits.charAt(at++));
}

function toHex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

function randomBytes(): Uint8Array {
  const bytes = new Uint8Array(9);
  // Some runtimes of mobile apps have no `crypto`; an id is not a secret.
  return globalThis.crypto?.getRandomValues(bytes) ?? bytes.map(() => Math.random() * 256);
}
