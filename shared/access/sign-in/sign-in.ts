import { randomBytes } from "node:crypto";
import { AppError } from "../../errors.ts";
import type { Actor } from "../documents/audit-entry.ts";
import { memberIdOf } from "../documents/person.ts";
import { acceptInvitation } from "../members/invitations.ts";
import { readMember } from "../members/members.ts";
import { findMemberships, type Membership } from "../members/person-index.ts";
import { makeSessionId } from "../sessions/refresh-token.ts";
import { type SessionsDeps, startSession } from "../sessions/sessions.ts";
import type { IdentityProviders } from "./identity-providers.ts";
import type { ChoiceValue, SignInValue } from "./sign-in-cookies.ts";

export interface SignInDeps extends SessionsDeps {
  readonly providers: IdentityProviders;
  readonly isSuspended: (orgId: string) => Promise<boolean>;
}

/** The request that completes a step of a sign-in. */
export interface Visit extends Omit<Actor, "subject"> {
  readonly clientAgent: string;
}

export interface Entered {
  readonly refreshToken: string;
  readonly sessionId: string;
  readonly returnTo: string;
}

/** The result of a sign-in: a session, or a choice of orgs. */
export type SignedIn = Entered | { readonly choice: ChoiceValue; readonly memberships: readonly Membership[] };

/**
 * Begins a sign-in. Gives what its cookie keeps, and where the browser goes. Throws AppError `unknown_provider` or
 * `provider_unavailable`.
 */
export async function beginSignIn(
  { providers }: SignInDeps,
  provider: string,
  redirectUri: string,
  { returnTo, invitation }: Pick<SignInValue, "returnTo" | "invitation">,
): Promise<{ readonly value: SignInValue; readonly location: string }> {
  const secret = (): string => randomBytes(32).toString("base64url");
  const checks = { state: secret(), nonce: secret(), verifier: secret() };
  const location = await providers.begin(provider, redirectUri, checks);
  const value = { provider, ...checks, returnTo, sessionId: makeSessionId(), ...(invitation && { invitation }) };
  return { value, location };
}

/**
 * Takes a provider's answer. Joins an org if the sign-in began with an invitation, and starts a session if there is
 * nothing to choose. Throws AppError `sign_in_*`, `invitation_*`, `no_membership`, `not_a_member` or
 * `provider_unavailable`.
 */
export async function completeSignIn(
  deps: SignInDeps,
  visit: Visit,
  redirectUri: string,
  answer: URLSearchParams,
  value: SignInValue,
): Promise<SignedIn> {
  const { provider, returnTo, sessionId, invitation } = value;
  const person = await deps.providers.complete(provider, redirectUri, answer, value);
  const memberId = memberIdOf(person);
  if (invitation) {
    await acceptInvitation(deps, { ...visit, subject: `member:${memberId}` }, invitation, person);
    return enterOrg(deps, visit, invitation.orgId, { memberId, provider, returnTo, sessionId });
  }
  const memberships = await findMemberships(deps, memberId);
  const [first, second] = memberships;
  if (!first) throw new AppError("no_membership", "no org has this person as a member");
  const choice = { memberId, provider, returnTo, sessionId };
  return second ? { choice, memberships } : enterOrg(deps, visit, first.member.org_id, choice);
}

/**
 * Starts a person's session in one of its orgs. Throws AppError `not_a_member`, `org_suspended` or `sign_in_expired`.
 */
export async function enterOrg(
  deps: SignInDeps,
  visit: Visit,
  orgId: string,
  { memberId, provider, returnTo, sessionId }: ChoiceValue,
): Promise<Entered> {
  const { clientAgent, ...from } = visit;
  // They may have joined a moment ago, through another instance.
  await deps.documents.catchUp(orgId);
  const member = await readMember(deps.documents, orgId, memberId);
  if (!member) throw new AppError("not_a_member", "the org has no such member, or not any more");
  if (await deps.isSuspended(orgId)) throw new AppError("org_suspended", "the org is suspended");
  const actor = { ...from, subject: member.value.id };
  const started = { sessionId, provider, clientAgent };
  return { refreshToken: await startSession(deps, actor, member.value, started), sessionId, returnTo };
}
