import { randomBytes } from "node:crypto";
import { createCosmosIdentityDocuments } from "../../shared/identity/cosmos-identity-documents.ts";
import { createOrg } from "../../shared/identity/create-org.ts";
import { memberIdOf } from "../../shared/identity/person.ts";
import type { Role } from "../../shared/identity/roles.ts";
import { parseInvitationToken } from "../../shared/members/invitation-token.ts";
import { acceptInvitation, invite } from "../../shared/members/invitations.ts";
import { type Browser, createBrowser, type Page } from "./browser.ts";
import type { Answer } from "./connect-product.ts";
import { cosmos, identityStore, type Json, product, request } from "./product.ts";

export const documents = createCosmosIdentityDocuments(cosmos.containers.identity);
export const auth = `${product.baseUrl}/api/v1/auth`;
export const REFRESH = "__Secure-headrace-refresh";

const [provider] = JSON.parse(product.env.HEADRACE_IDENTITY_PROVIDERS ?? "[]") as { issuer: string }[];
export const issuer = provider?.issuer ?? "";

export const actor = { subject: "operator:test", clientAddress: "unknown", requestId: "test" };
const deps = { documents, now: Date.now };

export async function makeEmptyOrg(): Promise<string> {
  return (await createOrg(identityStore, `test-${randomBytes(6).toString("hex")}`)).org.orgId;
}

export async function makeInvitation(orgId: string, role: Role, lifetimeSeconds = 600): Promise<string> {
  return (await invite(deps, actor, orgId, { role, note: "", lifetimeSeconds })).token;
}

/** Makes someone a member of an org, by an invitation, as anyone becomes one. Gives the member id. */
export async function addMember(orgId: string, subject: string, role: Role): Promise<string> {
  const invitation = parseInvitationToken(await makeInvitation(orgId, role));
  if (!invitation) throw new Error("the invitation cannot be read");
  const person = { issuer, subject, label: subject };
  await acceptInvitation(deps, actor, invitation, person);
  return memberIdOf(person);
}

/** Signs a person of the local provider in, up to what comes after: a page of ours, or the page that was to be returned to. */
export async function signIn(browser: Browser, person: string, query = ""): Promise<Page> {
  const page = await browser.open(`${auth}/login?provider=local${query}`);
  if (page.status !== 200 || !page.url.startsWith(issuer)) return page;
  return browser.open(`${page.url}?person=${person}`);
}

export interface Member {
  readonly browser: Browser;
  readonly orgId: string;
  readonly memberId: string;
  readonly sessionId: string;
  readonly token: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** Signs in, chooses the org if there is a choice, and takes an access token. */
export async function enter(person: string, orgId: string): Promise<Member> {
  const browser = createBrowser();
  const page = await signIn(browser, person);
  if (page.text.includes("Choose an org")) await browser.post(`${auth}/choose`, { org_id: orgId });
  const refreshed = await browser.post(`${auth}/refresh`);
  const body = JSON.parse(refreshed.text) as Json;
  if (refreshed.status !== 200) throw new Error(refreshed.text);
  if (body.org_id !== orgId) throw new Error(`entered ${String(body.org_id)} and not ${orgId}`);
  const token = String(body.access_token);
  return {
    ...{ browser, orgId, token },
    ...{ memberId: String(body.member_id), sessionId: String(body.session_id) },
    call: (method, path, sent) => callAs(token, method, path, sent),
  };
}

export function callAs(credential: string, method: string, path: string, body?: unknown): Promise<Answer> {
  const headers = { authorization: `Bearer ${credential}` };
  return request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
}
