/** The flags of an emulator that keeps data, for `parseArgs` of node:util. */
export const dataFlags = {
  port: { type: "string" },
  data: { type: "string" },
  fresh: { type: "boolean", default: false },
} as const;

/** A TCP port from a flag; 0 takes any free one. */
export function readPort(text: string | undefined): number {
  return readInteger("--port", text, 0, 65_535);
}

/** Throws an Error that names the flag and its bounds when the text is not a whole number within them. */
export function readInteger(flag: string, text: string | undefined, least: number, most: number): number {
  if (text === undefined) throw new Error(`${flag} is missing: a whole number from ${least} to ${most}.`);
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${flag} must be between ${least} and ${most}, not '${text}'.`);
}

/** Throws an Error that says what the flag takes when it is missing or empty. */
export function requireFlag(flag: string, text: string | undefined, takes: string): string {
  if (text) return text;
  throw new Error(`${flag} is missing: ${takes}.`);
}
