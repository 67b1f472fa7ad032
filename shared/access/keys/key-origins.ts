import { AppError } from "../../errors.ts";

const MOST_CHARACTERS = 255;
const LOOPBACK = ["localhost", "127.0.0.1", "[::1]"];

/**
 * Refuses what a publishable key cannot be bound to, by its place and its text. An entry is spelled as a browser spells
 * its `Origin`, or is `https://*.` with a domain of one owner. Throws AppError `invalid_body`.
 */
export async function checkOrigins(origins: readonly string[]): Promise<void> {
  for (const [index, entry] of origins.entries()) {
    const problem = await problemOf(entry);
    if (problem === undefined) continue;
    const path = `origins.${index}`;
    throw new AppError("invalid_body", `\`${path}\` is ${JSON.stringify(entry.slice(0, 100))}: ${problem}`, {
      members: { path },
    });
  }
}

async function problemOf(entry: string): Promise<string | undefined> {
  const isWildcard = entry.startsWith("https://*.");
  const exact = isWildcard ? entry.replace("*.", "") : entry;
  const url = URL.parse(exact);
  if (entry.length > MOST_CHARACTERS || !url || !/^https?:$/.test(url.protocol) || exact.includes("*"))
    return "expected an origin such as `https://shop.example`, or `https://*.shop.example` for all names below it";
  if (url.origin !== exact) return `expected an origin without anything after it, spelled as \`${url.origin}\``;
  if (url.protocol === "http:" && !LOOPBACK.includes(url.hostname))
    return "`http:` is for this machine alone (`localhost`, `127.0.0.1`, `[::1]`)";
  if (isWildcard && !(await hasOneOwner(url.hostname)))
    return "a wildcard cannot stand for the names of many owners, or below an address";
  return undefined;
}

/** By the public suffix list, with what companies give away. Loaded only when a wildcard is asked for. */
async function hasOneOwner(hostname: string): Promise<boolean> {
  const { getDomain } = await import("tldts");
  return getDomain(hostname, { allowPrivateDomains: true }) !== null;
}

/**
 * Whether pages of an origin may send with a key that is bound to these. A wildcard does not stand for its own name.
 */
export function includesOrigin(origins: readonly string[], origin: string): boolean {
  return origins.some((entry) => {
    const [before = "", after] = entry.split("*");
    if (after === undefined) return entry === origin;
    const name = origin.slice(before.length, -after.length);
    return `${before}${name}${after}` === origin && /^[a-z0-9-]+(?:\.[a-z0-9-]+)*$/.test(name);
  });
}
