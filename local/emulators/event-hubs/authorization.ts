import type { Connection, Receiver, Sender } from "rhea";
import type { TokenProblem, VerifyToken } from "../managed-identity/verify-token.ts";
import { type AmqpFailure, Refusal } from "./amqp-error.ts";
import type { CheckToken, Claim } from "./claims.ts";

/** Decides who may open which links. A token for an address is good for everything below it, until it expires. */
export interface Authorization {
  /** Says what is wrong with a token, or undefined when it is good from now on. */
  put(connection: Connection, claim: Claim): Promise<string | undefined>;
  /** Throws a Refusal when no good token was put for the address; closes the link when the last one has expired. */
  admit(link: Receiver | Sender, address: string): void;
  forget(connection: Connection): void;
  close(): void;
}

/** Tokens that `check` finds good, for ever; a link does not need one. */
export function createOpenAuthorization(check: CheckToken): Authorization {
  const nothing = (): void => undefined;
  return { put: async (_connection, claim) => check(claim), admit: nothing, forget: nothing, close: nothing };
}

interface StrictOptions {
  readonly verify: VerifyToken;
  /** For shared access signatures; undefined when the namespace takes none (`disableLocalAuth`). */
  readonly checkSignature: CheckToken | undefined;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** How often links are searched for expired tokens. */
const EXPIRY_CHECK_MS = 500;
const JWT = "jwt";

/** Namespaces as Azure has them: every link needs a token that is good for its address. */
export function createStrictAuthorization({ verify, checkSignature, now }: StrictOptions): Authorization {
  /** By connection and path: when the right expires, in milliseconds since the epoch. */
  const grants = new Map<Connection, Map<string, number>>();
  const links = new Map<Receiver | Sender, string>();
  const timer = setInterval(closeExpired, EXPIRY_CHECK_MS);
  timer.unref();

  function isGranted(connection: Connection, path: string): boolean {
    const own = [...(grants.get(connection) ?? [])];
    return own.some(([granted, expiresAt]) => expiresAt > now() && covers(granted, path));
  }

  function closeExpired(): void {
    for (const [link, path] of links) {
      if (!link.is_open()) links.delete(link);
      else if (!isGranted(link.connection, path)) {
        links.delete(link);
        link.close(expired(path));
      }
    }
  }

  async function check(claim: Claim): Promise<{ expiresAt: number } | { wrong: string }> {
    if (claim.type === JWT) {
      const verdict = await verify(claim.token);
      return verdict.ok ? verdict : { wrong: reasons[verdict.problem](verdict.found) };
    }
    if (!checkSignature) return { wrong: LOCAL_AUTH_DISABLED };
    const wrong = await checkSignature(claim);
    if (wrong !== undefined) return { wrong };
    const expiresAt = endOfSignature(claim.token);
    return expiresAt > now() ? { expiresAt } : { wrong: reasons.expired(String(expiresAt / 1000)) };
  }

  return {
    put: async (connection, claim) => {
      const verdict = await check(claim);
      if ("wrong" in verdict) return verdict.wrong;
      const own = grants.get(connection) ?? new Map<string, number>();
      grants.set(connection, own.set(pathOf(claim.audience), verdict.expiresAt));
      return undefined;
    },
    admit: (link, address) => {
      const path = pathOf(address);
      if (!isGranted(link.connection, path)) {
        throw new Refusal("amqp:unauthorized-access", `Unauthorized access. No good token was put for '${path}'.`);
      }
      links.set(link, path);
    },
    forget: (connection) => {
      grants.delete(connection);
      for (const link of links.keys()) if (link.connection === connection) links.delete(link);
    },
    close: () => clearInterval(timer),
  };
}

const LOCAL_AUTH_DISABLED =
  "LocalAuthDisabled: Authorization failed because SAS authentication has been disabled for the namespace.";

const reasons: Readonly<Record<TokenProblem, (found: string) => string>> = {
  audience: (found) => `InvalidAudience: The token is for ${found}, not for ${EVENT_HUBS_RESOURCE}.`,
  issuer: (found) => `InvalidIssuer: The token was issued by ${found}.`,
  expired: (found) => `ExpiredToken: The token is expired. Expiration time (seconds since 1970): ${found}.`,
  "not-yet-valid": (found) => `InvalidToken: The token is valid from ${found} (seconds since 1970).`,
  signature: () => "InvalidSignature: The token has an invalid signature.",
  malformed: (found) => `MalformedToken: ${found}`,
};

/** The audience of tokens for every namespace of the public cloud. */
const EVENT_HUBS_RESOURCE = "https://eventhubs.azure.net/";

export function isEventHubsAudience(audience: string): boolean {
  return audience === EVENT_HUBS_RESOURCE || `${audience}/` === EVENT_HUBS_RESOURCE;
}

function expired(path: string): AmqpFailure {
  return { condition: "amqp:unauthorized-access", description: `ExpiredToken: The token for '${path}' has expired.` };
}

/** When a shared access signature ends, in milliseconds since the epoch: `…&se=1767225600&…` */
function endOfSignature(token: string): number {
  const [, seconds] = /[ &]se=(\d+)/.exec(token) ?? [];
  return seconds === undefined ? Number.POSITIVE_INFINITY : Number(seconds) * 1000;
}

/** `sb://host:port/events/Partitions/0` and `events/Partitions/0` → `events/partitions/0`. */
function pathOf(address: string): string {
  return address
    .replace(/^\w+:\/\/[^/]+/, "")
    .replace(/^\/|\/$/g, "")
    .toLowerCase();
}

/** The node for management is the namespace's: a token for any of its entities opens it. */
function covers(granted: string, path: string): boolean {
  return granted === "" || granted === path || path.startsWith(`${granted}/`) || path === "$management";
}
