/** Parameters and path segments in which SDKs put a key, also one of another vendor that was left by mistake. */
const IN_QUERY = /([?&](?:key|api_key|apikey|writekey|write_key|token|access_token|sig|data)=)[^&#\s]*/gi;
const IN_PATH = /(\/(?:projects|array)\/)(?!hrp?_)[^/?#\s]+/g;
const API_KEY = /\b(hrp?_[^_\s"'/%]+_[0-9A-Za-z]{12})_[0-9A-Za-z]+/g;
const TOKEN = /\beyJ[\w-]*\.[\w-]+\.[\w-]*/g;
const AFTER_SCHEME = /\b(Bearer|Basic)\s+[^\s"',]+/gi;

/** A text without credentials. Of an API key of ours its org and id are left: by them it can be found and revoked. */
export function cutSecrets(text: string): string {
  return text
    .replace(API_KEY, "$1_…")
    .replace(TOKEN, "eyJ…")
    .replace(AFTER_SCHEME, (whole, scheme: string) => (whole.endsWith("…") ? whole : `${scheme} …`))
    .replace(IN_QUERY, (whole, name: string) => (whole.endsWith("_…") ? whole : `${name}…`))
    .replace(IN_PATH, "$1…");
}

/** One line for a terminal: without secrets, without what a terminal would obey, and cut at `characters`. */
export function printable(text: unknown, characters = 200): string {
  const line = cutSecrets(String(text)).replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, "�");
  return line.length > characters ? `${line.slice(0, characters - 1)}…` : line;
}
