import { createHash } from "node:crypto";
import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { type CookieKind, readCookie, readCookies } from "../../http/cookies.ts";
import { parseRefreshToken } from "../sessions/refresh-token.ts";

const MINUTES = 60;

/** `__Host-`: no sibling domain can plant one. */
const shortLived = { path: "/", maxAgeSeconds: 10 * MINUTES } as const;

/** The refresh token. Only the endpoints under its path read it; `__Host-` would not allow a path. */
export const refreshCookie: CookieKind = {
  name: "__Secure-headrace-refresh",
  path: "/api/v1/auth",
  sameSite: "Strict",
  maxAgeSeconds: 30 * 24 * 60 * MINUTES,
};

/**
 * Which session the browser is in: its id, which is not a secret. A sibling domain can plant a refresh token, whose
 * path forbids `__Host-`, and so make someone work in a stranger's session. It cannot plant this.
 */
export const sessionCookie: CookieKind = {
  name: "__Host-headrace-session",
  path: "/",
  sameSite: "Strict",
  maxAgeSeconds: refreshCookie.maxAgeSeconds,
};

/** The refresh token of the session that the browser is in, picked from all the cookies of its name. */
export function readRefreshToken(request: HttpRequest): string | undefined {
  const sessionId = readCookie(request, sessionCookie.name);
  if (sessionId === undefined) return undefined;
  return readCookies(request)
    .filter(({ name }) => name === refreshCookie.name)
    .find(({ value }) => parseRefreshToken(value)?.sessionId === sessionId)?.value;
}

/**
 * What a sign-in must find when it comes back. Lax, since it comes back from another site. There is one for each
 * sign-in, named by its state, so that two tabs can sign in side by side.
 */
export function signInCookie(state: string): CookieKind {
  return signInCookieOf(`${SIGN_IN}${createHash("sha256").update(state).digest("hex").slice(0, 12)}`);
}

const SIGN_IN = "__Host-headrace-sign-in-";
/**
 * How many may lie side by side. Each is half a KB, and another site can make a browser begin as many as it likes,
 * until its requests are too large for any server.
 */
const MOST_SIGN_INS = 5;

function signInCookieOf(name: string): CookieKind {
  return { ...shortLived, name, sameSite: "Lax" };
}

/** The cookies of the oldest sign-ins, which give way to a new one. */
export function surplusSignInCookies(request: HttpRequest): CookieKind[] {
  const names = readCookies(request)
    .map(({ name }) => name)
    .filter((name) => name.startsWith(SIGN_IN));
  return names.slice(0, Math.max(0, names.length + 1 - MOST_SIGN_INS)).map(signInCookieOf);
}

export const signInValue = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  /** The session that it leads to. It is fixed now, so that a sign-in starts one session at most. */
  sessionId: z.string(),
  invitation: z.object({ orgId: z.string(), invitationId: z.string() }).optional(),
});
export type SignInValue = z.output<typeof signInValue>;

/** An invitation that was looked at, and waits for its person to sign in. */
export const invitationCookie: CookieKind = { ...shortLived, name: "__Host-headrace-invitation", sameSite: "Strict" };
export const invitationValue = z.object({ orgId: z.string(), invitationId: z.string() });

/** The person who has signed in, and has yet to choose an org. */
export const choiceCookie: CookieKind = { ...shortLived, name: "__Host-headrace-choice", sameSite: "Strict" };
export const choiceValue = z.object({
  memberId: z.string(),
  provider: z.string(),
  returnTo: z.string(),
  sessionId: z.string(),
});
export type ChoiceValue = z.output<typeof choiceValue>;
