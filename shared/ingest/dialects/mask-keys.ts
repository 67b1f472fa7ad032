/** An API key as it may stand in JSON: SDKs put theirs into each event that they send alone. */
const KEY = /\bhrp?_[A-Za-z0-9_~.-]{20,}/g;

/** Whether a value is an API key and nothing else. */
export function isKey(value: unknown): boolean {
  return typeof value === "string" && value.replace(KEY, "") === "" && value !== "";
}

/** The bytes of events, where a key of ours is nothing but stars: quarantine keeps them, and whoever may read that. */
export function maskKeys(sources: readonly Buffer[]): readonly Buffer[] {
  return sources.map((source) => {
    if (!source.includes("hr_") && !source.includes("hrp_")) return source;
    const text = source.toString("latin1").replaceAll(KEY, (key) => "*".repeat(key.length));
    return Buffer.from(text, "latin1");
  });
}
