import { within } from "./pause.ts";
import type { GetToken, Token } from "./types.ts";

export interface Tokens {
  /** The one that is held; a new one where that has expired. Rejects when there is none to be had. */
  get(): Promise<string>;
  /** Another one than `used`, which was refused. */
  renew(used: string): Promise<string>;
}

export interface TokensDeps {
  /** Milliseconds of a clock that nobody sets. */
  readonly now: () => number;
  readonly random: () => number;
  readonly timeoutMs: number;
  readonly ended: AbortSignal;
}

/** A token is replaced in the background, at a moment of its last 5 minutes that differs from client to client. */
const LAST_MS = 300_000;
/** Seconds, where nobody says how long a token lives: longer than any process. */
const FOREVER = 1e9;

/** Asks once at a time, however many wait. */
export function createTokens(getToken: GetToken, { now, random, timeoutMs, ended }: TokensDeps): Tokens {
  let held: { readonly token: string; readonly staleAt: number; readonly endsAt: number } | undefined;
  let asking: Promise<string> | undefined;
  const ask = async (): Promise<string> => {
    try {
      const askedAt = now();
      const given = await within(timeoutMs, ended, () => getToken());
      const { token, expiresIn = FOREVER }: Token = typeof given === "string" ? { token: given } : given;
      const life = expiresIn * 1000;
      const endsAt = askedAt + life;
      held = { token, endsAt, staleAt: endsAt - Math.min(LAST_MS, life / 2) * random() };
      return token;
    } catch (cause) {
      // The members of the API's errors, as callers see them.
      const fix = "Look why `getToken` fails. It is asked again.";
      throw Object.assign(new Error(`getToken: ${cause}`, { cause }), { code: "no_token", fix });
    } finally {
      asking = undefined;
    }
  };
  const refresh = (): Promise<string> => {
    asking ??= ask();
    return asking;
  };
  const get = async (): Promise<string> => {
    if (!held || now() >= held.endsAt) return refresh();
    if (now() >= held.staleAt) refresh().catch(() => undefined);
    return held.token;
  };
  return {
    get,
    renew: (used) => {
      if (held?.token === used) held = undefined;
      return get();
    },
  };
}
