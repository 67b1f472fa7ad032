import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import { clearCookie, readCookie, setCookie } from "../../http/cookies.ts";
import type { Edge } from "../../http/edge.ts";
import type { Answer, Call, Handlers } from "../../http/endpoint.ts";
import type { Origins } from "../../http/origins.ts";
import { answerPage, redirectTo } from "../../http/page.ts";
import { queryOf, readParameters } from "../../http/parameters.ts";
import { readForm } from "../../http/read-json.ts";
import { roleScopes } from "../../identity/roles.ts";
import { parseInvitationToken } from "../members/invitation-token.ts";
import { readInvitation } from "../members/invitations.ts";
import { refreshSession, signOut } from "../sessions/sessions.ts";
import type { IssueAccessToken } from "../tokens/access-token.ts";
import { choicePage, invitationPage, joinPage, providersPage, signedInPage } from "./pages.ts";
import { DEFAULT_RETURN_TO, readReturnTo } from "./return-to.ts";
import { openValue, sealValue } from "./sealed-value.ts";
import { beginSignIn, completeSignIn, enterOrg, type SignedIn, type SignInDeps, type Visit } from "./sign-in.ts";
import {
  choiceCookie,
  choiceValue,
  invitationCookie,
  invitationValue,
  readRefreshToken,
  refreshCookie,
  sessionCookie,
  signInCookie,
  signInValue,
  surplusSignInCookies,
} from "./sign-in-cookies.ts";

export interface SignInEndpointsDeps extends SignInDeps {
  readonly origins: Origins;
  readonly issueAccessToken: IssueAccessToken;
  readonly edge: Pick<Edge, "clientAddressOf">;
}

/** Signing in, staying signed in and signing out. What changes something by a cookie asks for an `Origin` of ours. */
export function createSignInEndpoints(deps: SignInEndpointsDeps) {
  return {
    "begin-sign-in": (call) => beginAtProvider(deps, call),
    "complete-sign-in": (call) => comeBack(deps, call),
    "choose-org": (call) => chooseOrg(deps, call),
    "show-join": async () => answerPage(joinPage()),
    "join-org": (call) => join(deps, call),
    "show-signed-in": async () => answerPage(signedInPage()),
    "refresh-session": (call) => refresh(deps, call),
    "sign-out": (call) => endOwnSession(deps, call),
  } satisfies Partial<Handlers>;
}

export const loginParameters = z.object({ provider: z.string().optional(), return_to: z.string().optional() });

async function beginAtProvider(deps: SignInEndpointsDeps, { request, setCookie: send }: Call): Promise<Answer> {
  const { keyRings, now, providers, origins } = deps;
  const { provider, return_to } = readParameters(loginParameters, queryOf(request));
  const returnTo = readReturnTo(return_to);
  const origin = origins.of(request);
  if (provider === undefined) {
    if (providers.list().length === 0) throw new AppError("sign_in_unavailable", "no identity provider is configured");
    return answerPage(providersPage(providers.list(), returnTo === DEFAULT_RETURN_TO ? undefined : returnTo));
  }
  const sealed = readCookie(request, invitationCookie.name);
  const invitation = await openValue(keyRings, "invitation", sealed, invitationValue, now());
  const { value, location } = await beginSignIn(deps, provider, redirectUriOf(origin, provider), {
    returnTo,
    invitation,
  });
  const cookie = signInCookie(value.state);
  const until = now() + cookie.maxAgeSeconds * 1000;
  send(setCookie(cookie, await sealValue(keyRings, "sign-in", value, until)));
  for (const one of surplusSignInCookies(request)) send(clearCookie(one));
  if (sealed !== undefined) send(clearCookie(invitationCookie));
  return redirectTo(location);
}

/**
 * Each provider has an address of its own, so that the answer of one cannot pass for another's (RFC 9700, section
 * 4.4.2).
 */
function redirectUriOf(origin: string, provider: string): string {
  return `${origin}/api/v1/auth/callback/${encodeURIComponent(provider)}`;
}

async function comeBack(deps: SignInEndpointsDeps, call: Call): Promise<Answer> {
  const { request, setCookie: send } = call;
  const { keyRings, now, origins } = deps;
  const provider = request.params.provider ?? "";
  const cookie = signInCookie(request.query.get("state") ?? "");
  const sealed = readCookie(request, cookie.name);
  // The cookie is used up, whatever comes of the sign-in.
  if (sealed !== undefined) send(clearCookie(cookie));
  const value = await openValue(keyRings, "sign-in", sealed, signInValue, now());
  if (!value)
    throw new AppError("sign_in_expired", "this browser has not begun the sign-in that has come back, or too long ago");
  if (value.provider !== provider) throw new AppError("sign_in_failed", "the answer is another identity provider's");
  const redirectUri = redirectUriOf(origins.of(request), provider);
  return enter(deps, call, await completeSignIn(deps, visitOf(deps, call), redirectUri, request.query, value));
}

async function enter(
  { keyRings, now }: SignInEndpointsDeps,
  { setCookie: send }: Call,
  signedIn: SignedIn,
): Promise<Answer> {
  if ("choice" in signedIn) {
    const until = now() + choiceCookie.maxAgeSeconds * 1000;
    send(setCookie(choiceCookie, await sealValue(keyRings, "choice", signedIn.choice, until)));
    return answerPage(choicePage(signedIn.memberships));
  }
  // A new session at each sign-in, whatever cookie was there before: so no session can be fixed beforehand.
  rememberSession(send, signedIn);
  return redirectTo(signedIn.returnTo);
}

type Send = Call["setCookie"];

function rememberSession(send: Send, { refreshToken, sessionId }: { refreshToken: string; sessionId: string }): void {
  send(setCookie(refreshCookie, refreshToken));
  send(setCookie(sessionCookie, sessionId));
}

function forgetSession(send: Send): void {
  send(clearCookie(refreshCookie));
  send(clearCookie(sessionCookie));
}

async function chooseOrg(deps: SignInEndpointsDeps, call: Call): Promise<Answer> {
  const { request, setCookie: send } = call;
  deps.origins.check(request);
  const form = await readForm(request);
  const sealed = readCookie(request, choiceCookie.name);
  const choice = await openValue(deps.keyRings, "choice", sealed, choiceValue, deps.now());
  if (!choice) throw new AppError("sign_in_expired", "this browser has no sign-in that waits for the choice of an org");
  const entered = await enterOrg(deps, visitOf(deps, call), form.get("org_id") ?? "", choice);
  send(clearCookie(choiceCookie));
  return enter(deps, call, entered);
}

async function join(deps: SignInEndpointsDeps, { request, setCookie: send }: Call): Promise<Answer> {
  const { keyRings, now, origins, providers } = deps;
  origins.check(request);
  const form = await readForm(request);
  if (providers.list().length === 0) throw new AppError("sign_in_unavailable", "no identity provider is configured");
  // The whole link does as well.
  const token = parseInvitationToken((form.get("invitation") ?? "").trim().replace(/^.*#/, ""));
  const { orgName, role } = await readInvitation(deps, token);
  const until = now() + invitationCookie.maxAgeSeconds * 1000;
  send(setCookie(invitationCookie, await sealValue(keyRings, "invitation", token, until)));
  return answerPage(invitationPage(orgName, role, providers.list()));
}

async function refresh(deps: SignInEndpointsDeps, call: Call): Promise<Answer> {
  const { request, requestId, log, setCookie: send } = call;
  deps.origins.check(request);
  const presented = readRefreshToken(request);
  if (presented === undefined) throw new AppError("refresh_refused", "this browser is in no session");
  const refreshed = await refreshSession(deps, fromOf(deps, { request, requestId }), presented, log).catch((error) => {
    if (error instanceof AppError && error.code === "refresh_refused") forgetSession(send);
    throw error;
  });
  // Before anything can fail: the old one is used up.
  rememberSession(send, { refreshToken: refreshed.token, sessionId: refreshed.sessionId });
  const { org_id, member_id, role } = refreshed.member;
  if (await deps.isSuspended(org_id)) throw new AppError("org_suspended", "the org is suspended");
  const issued = await deps.issueAccessToken({
    orgId: org_id,
    subject: `member:${member_id}`,
    role,
    scopes: roleScopes[role],
    sessionId: refreshed.sessionId,
    asOf: refreshed.asOf,
  });
  const token = { access_token: issued.accessToken, token_type: "Bearer", expires_in: issued.expiresInSeconds };
  const scope = roleScopes[role].join(" ");
  return { status: 200, body: { ...token, scope, org_id, role, member_id, session_id: refreshed.sessionId } };
}

async function endOwnSession(
  deps: SignInEndpointsDeps,
  { request, requestId, setCookie: send }: Call,
): Promise<Answer> {
  deps.origins.check(request);
  await signOut(deps, fromOf(deps, { request, requestId }), readRefreshToken(request) ?? "");
  forgetSession(send);
  return { status: 204 };
}

function fromOf({ edge }: SignInEndpointsDeps, { request, requestId }: Pick<Call, "request" | "requestId">) {
  return { clientAddress: edge.clientAddressOf(request), requestId };
}

function visitOf(deps: SignInEndpointsDeps, { request, requestId }: Call): Visit {
  return { ...fromOf(deps, { request, requestId }), clientAgent: agentOf(request) };
}

function agentOf(request: HttpRequest): string {
  return request.headers.get("user-agent") ?? "";
}
