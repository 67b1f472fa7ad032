import { createHash } from "node:crypto";
import { z } from "zod";
import type { CookieKind } from "../http/cookies.ts";

const MINUTES = 60;

/** `__Host-`: no sibling domain can plant one. */
const shortLived = { path: "/", maxAgeSeconds: 10 * MINUTES } as const;

/** The refresh token. The path is that of its only readers, which `__Host-` would not allow. */
export const refreshCookie: CookieKind = {
  name: "__Secure-headrace-refresh",
  path: "/api/v1/auth",
  sameSite: "Strict",
  maxAgeSeconds: 30 * 24 * 60 * MINUTES,
};

/**
 * What a sign-in must find when it comes back. Lax, since it comes back from another site. One for each sign-in, named by its state: two
 * tabs can sign in side by side.
 */
export function signInCookie(state: string): CookieKind {
  const name = `__Host-headrace-sign-in-${createHash("sha256").update(state).digest("hex").slice(0, 12)}`;
  return { ...shortLived, name, sameSite: "Lax" };
}

export const signInValue = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  verifier: z.string(),
  returnTo: z.string(),
  /** The session that it leads to: fixed now, so that a sign-in starts one session at most. */
  sessionId: z.string(),
  invitation: z.object({ orgId: z.string(), invitationId: z.string() }).optional(),
});
export type SignInValue = z.output<typeof signInValue>;

/** An invitation that was looked at, and waits for its person to sign in. */
export const invitationCookie: CookieKind = { ...shortLived, name: "__Host-headrace-invitation", sameSite: "Strict" };
export const invitationValue = z.object({ orgId: z.string(), invitationId: z.string() });

/** Who has signed in, and has yet to choose an org. */
export const choiceCookie: CookieKind = { ...shortLived, name: "__Host-headrace-choice", sameSite: "Strict" };
export const choiceValue = z.object({
  memberId: z.string(),
  provider: z.string(),
  returnTo: z.string(),
  sessionId: z.string(),
});
export type ChoiceValue = z.output<typeof choiceValue>;
