import { findInviter } from "../../local/launcher/find-inviter.ts";
import type { IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import { memberIdOf } from "../../shared/access/documents/person.ts";
import { parseInvitationToken } from "../../shared/access/members/invitation-token.ts";
import { acceptInvitation, invite } from "../../shared/access/members/invitations.ts";
import type { Role } from "../../shared/identity/roles.ts";
import { type Browser, createBrowser, type Page } from "./browser.ts";
import type { Answer, Json, RunningProduct } from "./connect-product.ts";

export const REFRESH = "__Secure-headrace-refresh";

export interface Member {
  readonly browser: Browser;
  readonly orgId: string;
  readonly memberId: string;
  readonly sessionId: string;
  readonly token: string;
  call(method: string, path: string, body?: unknown): Promise<Answer>;
}

/** People of the local OpenID provider, as they sign in to a running product. */
export interface People {
  readonly documents: IdentityDocuments;
  /** Where the product's sign-in is. */
  readonly auth: string;
  readonly issuer: string;
  makeEmptyOrg(): Promise<string>;
  makeInvitation(orgId: string, role: Role, lifetimeSeconds?: number): Promise<string>;
  /** Makes someone a member of an org, by an invitation, as anyone becomes one. Gives the member id. */
  addMember(orgId: string, subject: string, role: Role): Promise<string>;
  /** Signs a person in, up to the next page: one of ours, or the page to return to. */
  signIn(browser: Browser, person: string, query?: string): Promise<Page>;
  /** Signs in, chooses the org if there is a choice, and takes an access token. */
  enter(person: string, orgId: string): Promise<Member>;
  callAs(credential: string, method: string, path: string, body?: unknown): Promise<Answer>;
}

export function connectPeople(
  { documents, identity, request }: RunningProduct,
  { baseUrl, env }: { readonly baseUrl: string; readonly env: Readonly<Record<string, string>> },
): People {
  const auth = `${baseUrl}/api/v1/auth`;
  const [provider] = JSON.parse(env.HEADRACE_IDENTITY_PROVIDERS ?? "[]") as { issuer: string }[];
  const issuer = provider?.issuer ?? "";
  const actorIn = async (orgId: string) => {
    return { subject: await findInviter(documents, orgId), clientAddress: "unknown", requestId: "test" };
  };
  const deps = { documents, now: Date.now };

  const makeInvitation: People["makeInvitation"] = async (orgId, role, lifetimeSeconds = 600) =>
    (await invite(deps, await actorIn(orgId), orgId, { role, note: "", lifetimeSeconds })).token;

  const signIn: People["signIn"] = async (browser, person, query = "") => {
    const page = await browser.open(`${auth}/login?provider=local${query}`);
    if (page.status !== 200 || !page.url.startsWith(issuer)) return page;
    return browser.open(`${page.url}?person=${person}`);
  };

  const callAs: People["callAs"] = (credential, method, path, body) => {
    const headers = { authorization: `Bearer ${credential}` };
    return request(path, { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  };

  return {
    ...{ documents, auth, issuer, makeInvitation, signIn, callAs },
    makeEmptyOrg: () => identity.makeOrg(),
    addMember: async (orgId, subject, role) => {
      const invitation = parseInvitationToken(await makeInvitation(orgId, role));
      if (!invitation) throw new Error("the invitation cannot be read");
      const person = { issuer, subject, label: subject };
      await acceptInvitation(deps, await actorIn(orgId), invitation, person);
      return memberIdOf(person);
    },
    enter: async (person, orgId) => {
      const browser = createBrowser();
      const page = await signIn(browser, person);
      if (page.text.includes("Choose an org")) await browser.post(`${auth}/choose`, { org_id: orgId });
      const body = readSession(await browser.post(`${auth}/refresh`), orgId);
      const token = String(body.access_token);
      return {
        ...{ browser, orgId, token },
        ...{ memberId: String(body.member_id), sessionId: String(body.session_id) },
        call: (method, path, sent) => callAs(token, method, path, sent),
      };
    },
  };
}

/** The answer of `refresh` in an org; throws when it refuses, or is of another org. */
function readSession({ status, text }: Page, orgId: string): Json {
  if (status !== 200) throw new Error(text);
  const body = JSON.parse(text) as Json;
  if (body.org_id !== orgId) throw new Error(`entered ${String(body.org_id)} and not ${orgId}`);
  return body;
}
