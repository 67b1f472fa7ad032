import { decodeJwt } from "jose";
import { withDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { Refreshed } from "../runtime/refreshed.ts";
import type { Logger } from "../telemetry/log.ts";

export interface Token {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresOnTimestamp: number;
}

/** A way to a token. It may hang for ever, and it may give any token. */
export interface TokenSource {
  readonly name: string;
  /** `scope` as the SDKs name it: `https://vault.azure.net/.default`. */
  getToken(scope: string, signal: AbortSignal): Promise<Token>;
}

export interface SteadyTokensOptions {
  readonly log: Logger;
  readonly now?: () => number;
  /** How long in ms a source is waited for. Default: 5,000. */
  readonly tryMs?: number;
}

interface HeldToken extends Token {
  /** It says that it is for another service. */
  readonly isDoubtful: boolean;
}

const MINUTE_MS = 60_000;
/** Age at which a token is asked for again, in the background: sources remember tokens, so it costs next to nothing. */
const REFRESH_MS = 5 * MINUTE_MS;
/** The same, as time that is left: App Service gives out tokens that it has kept for hours. */
const EARLY_MS = 10 * MINUTE_MS;
/** After a failure in the background the sources are left alone for this long. */
const REST_MS = 10_000;
/**
 * The SDKs come back 2 minutes before the end that they are told. One hour would keep a token in their hands that is
 * refused. And Event Hubs renews at intervals of what its first token had left, without a pause when that was less than
 * the 2 minutes (`withAuth.js` of 6.0.4): so nobody is told less.
 */
const LONGEST_MS = 10 * MINUTE_MS;
const SHORTEST_MS = 2 * MINUTE_MS + 5_000;

/**
 * Tokens that outlive a source's trouble. The sources are asked in turn, each within a deadline, and early: while a
 * good token is held, nobody waits and nothing fails. Throws an Error when no source gives a token, and at once while
 * another caller has waited for one in vain.
 */
export function createSteadyTokens(
  sources: readonly TokenSource[],
  options: SteadyTokensOptions,
): (scope: string) => Promise<Token> {
  const { log, now = Date.now, tryMs = 5_000 } = options;
  const deps = { sources, log, now, tryMs };
  const known = new Map<string, Refreshed<HeldToken>>();

  const find = (scope: string): Refreshed<HeldToken> => {
    const ask = (): Promise<HeldToken> => askSources(deps, scope, known.get(scope)?.held?.value);
    const found = known.get(scope) ?? new Refreshed(ask, { refreshMs: REFRESH_MS, restMs: REST_MS, now });
    known.set(scope, found);
    return found;
  };

  return async (scope) => {
    const tokens = find(scope);
    const held = tokens.held?.value;
    if (!isGood(held, now())) {
      const { value } = await tokens.askBriefly(sources.length * tryMs + 1_000).catch((cause: unknown) => {
        throw new Error(`the managed identity gives no token for ${scope}`, { cause });
      });
      return report(value, now());
    }
    const isEarly = tokens.isDue || held.isDoubtful || held.expiresOnTimestamp - now() < EARLY_MS;
    if (isEarly && !tokens.isResting) tokens.askLater();
    return report(held, now());
  };
}

interface AskDeps extends Required<SteadyTokensOptions> {
  readonly sources: readonly TokenSource[];
}

/** The first token that is as it should be. Without one, `held` while it is good, and else one that is doubtful. */
async function askSources(
  { sources, log, now, tryMs }: AskDeps,
  scope: string,
  held: HeldToken | undefined,
): Promise<HeldToken> {
  const failures: unknown[] = [];
  let doubtful: HeldToken | undefined;
  for (const source of sources) {
    try {
      const token = await withDeadline(tryMs, (signal) => source.getToken(scope, signal));
      refuseExpired(token, now());
      const other = findOtherAudience(token, scope);
      if (other === undefined) return { ...token, isDoubtful: false };
      reached("token-of-another-service");
      doubtful ??= { ...token, isDoubtful: true };
      log.warn("the managed identity's token is for another service", { scope, source: source.name, audience: other });
    } catch (error) {
      reached("token-source-fails");
      failures.push(error);
      log.warn("a source of the managed identity's tokens fails", { scope, source: source.name, error });
    }
  }
  // What Azure writes there is not promised, so without a better one the service decides.
  if (doubtful) return isGood(held, now()) && !held.isDoubtful ? held : doubtful;
  throw new AggregateError(failures, "none of its sources gives a token");
}

function isGood(held: HeldToken | undefined, now: number): held is HeldToken {
  return held !== undefined && held.expiresOnTimestamp > now;
}

/** The token with the end that an SDK is told. */
function report({ token, expiresOnTimestamp, isDoubtful }: HeldToken, now: number): Token {
  const end = isDoubtful ? 0 : Math.min(expiresOnTimestamp, now + LONGEST_MS);
  return { token, expiresOnTimestamp: Math.max(end, now + SHORTEST_MS) };
}

function refuseExpired({ expiresOnTimestamp }: Token, now: number): void {
  if (expiresOnTimestamp > now) return;
  throw new Error(`the token has expired at ${new Date(expiresOnTimestamp).toISOString()}`);
}

/** The service that a token names, when that is another one. Undefined also when it cannot be told. */
function findOtherAudience({ token }: Token, scope: string): string | undefined {
  const { aud } = readClaims(token);
  if (typeof aud !== "string" || !aud.startsWith("https://") || !URL.canParse(aud)) return undefined;
  return new URL(aud).host === new URL(scope).host ? undefined : aud;
}

function readClaims(token: string): { readonly aud?: unknown } {
  try {
    return decodeJwt(token);
  } catch {
    return {};
  }
}
