import type { Org } from "../../local/launcher/state.ts";
import type { Exchange } from "./exchange.ts";
import { readText } from "./read-events.ts";

export interface KeySources {
  /** Of `--key`. */
  readonly given?: string;
  /** The orgs of the Headrace of this machine, where everything is passed on to that. */
  readonly orgs: () => readonly Org[];
}

type Sent = Pick<Exchange, "path" | "headers" | "body">;

/**
 * Keys by which the receipt of a request may be read, the best first: the one that was given, the request's own, and
 * that of its org on this machine. A publishable key never reads.
 */
export function findKeys(exchange: Sent, { given, orgs }: KeySources): string[] {
  const own = credentialsOf(exchange);
  const orgIds = new Set(own.map(orgOf));
  const known = orgs().filter(({ id }) => orgIds.has(id));
  const anyOfOne = known.length === 0 && orgIds.size === 0 ? orgs() : known;
  const keys = [...(given === undefined ? [] : [given]), ...own, ...anyOfOne.map(({ apiKey }) => apiKey)];
  return [...new Set(keys.filter((key) => !key.startsWith("hrp_")))];
}

/** As SDKs put them into a body, around the events or into each. */
const IN_BODY = /"(?:api_key|token|writeKey)"\s*:\s*"(hrp?_[\w-]+)"/;

function credentialsOf({ path, headers, body }: Sent): string[] {
  const [scheme = "", value = ""] = (headers.authorization ?? "").trim().split(/ +/, 2);
  const found = [
    ...(/^bearer$/i.test(scheme) ? [value] : []),
    // SDKs that send a write key send it as the user of Basic.
    ...(/^basic$/i.test(scheme) ? [Buffer.from(value, "base64").toString().split(":")[0] ?? ""] : []),
    ...new URLSearchParams(path.split("?")[1] ?? "").getAll("key"),
    IN_BODY.exec(readText({ headers, body }) ?? "")?.[1] ?? "",
  ];
  return found.filter((key) => key !== "");
}

const orgOf = (key: string): string | undefined => /^hrp?_([^_]+)_/.exec(key)?.[1];
