import type { HttpHandler } from "@azure/functions";
import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { Call, CreateEndpoint } from "../../http/endpoint.ts";
import type { Origins } from "../../http/origins.ts";
import { readParameters } from "../../http/parameters.ts";
import { readJson } from "../../http/read-json.ts";
import type { Principal } from "../../identity/principal.ts";
import { keyScopes, roles } from "../../identity/roles.ts";
import type { KeyRings } from "../../secrets/key-rings.ts";
import { actorOf, type PrincipalCall } from "../audit/actor-of.ts";
import { queryAudit } from "../audit/query-audit.ts";
import type { Actor } from "../documents/audit-entry.ts";
import { displayName } from "../documents/display-name.ts";
import type { IdentityDocuments } from "../documents/identity-documents.ts";
import { isMemberId } from "../documents/person.ts";
import { requireCurrent } from "../documents/require-current.ts";
import { createKey, listKeys, revokeKey, rotateKey } from "../keys/keys.ts";
import type { Revoke } from "../revocations/revocations.ts";
import { endSessionOf, listSessions } from "../sessions/sessions.ts";
import { invitationLink } from "./invitation-link.ts";
import { invite, listInvitations, withdrawInvitation } from "./invitations.ts";
import { changeRole, listMembers, removeMember } from "./members.ts";

/** Who belongs to an org, what speaks for it, and what was changed. */
export interface PeopleEndpoints {
  readonly listMembers: HttpHandler;
  readonly inviteMember: HttpHandler;
  readonly withdrawInvitation: HttpHandler;
  readonly changeMember: HttpHandler;
  readonly removeMember: HttpHandler;
  readonly listKeys: HttpHandler;
  readonly createKey: HttpHandler;
  readonly revokeKey: HttpHandler;
  readonly rotateKey: HttpHandler;
  readonly listSessions: HttpHandler;
  readonly endSession: HttpHandler;
  readonly queryAudit: HttpHandler;
}

export interface PeopleDeps {
  readonly documents: IdentityDocuments;
  readonly keyRings: KeyRings;
  readonly revoke: Revoke;
  readonly origins: Origins;
  readonly now: () => number;
  readonly clientAddressHeader: string;
}

const DAY_SECONDS = 24 * 3600;

const label = displayName(200);

const inviteBody = z.strictObject({
  role: z.enum(roles),
  note: label.default(""),
  expires_in_days: z.number().int().min(1).max(30).default(7),
});

const roleBody = z.strictObject({ role: z.enum(roles) });

const keyBody = z.strictObject({
  name: label.refine((text) => text !== "", "expected a name"),
  scopes: z
    .array(z.enum(keyScopes))
    .min(1, "expected at least one scope")
    .refine((scopes) => new Set(scopes).size === scopes.length, "expected each scope once"),
});

/** Long enough for any roll-out, and not for ever. */
const rotateBody = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(90 * DAY_SECONDS)
    .default(7 * DAY_SECONDS),
});

const sessionsParameters = z.object({
  member_id: z
    .string()
    .refine((text) => text === "all" || isMemberId(text), "expected a `member_id` of `GET /api/v1/members`, or `all`")
    .optional(),
});
const noParameters = z.object({});

export function createPeopleEndpoints(endpoint: CreateEndpoint, deps: PeopleDeps): PeopleEndpoints {
  const by = (call: PrincipalCall): Actor => actorOf(call, deps.clientAddressHeader);
  return {
    listMembers: endpoint("list-members", async ({ request, principal: { orgId } }) => {
      readParameters(noParameters, request.query);
      const [members, invitations] = await Promise.all([listMembers(deps, orgId), listInvitations(deps, orgId)]);
      return { status: 200, body: { members, invitations } };
    }),
    inviteMember: endpoint("invite-member", async (call) => {
      await requireCurrent(deps, call.principal, "members:manage");
      const { role, note, expires_in_days } = await readJson(call.request, inviteBody);
      const wanted = { role, note, lifetimeSeconds: expires_in_days * DAY_SECONDS };
      const { token, invitation } = await invite(deps, by(call), call.principal.orgId, wanted);
      return { status: 201, body: { invitation, token, link: invitationLink(deps.origins, call.request, token) } };
    }),
    withdrawInvitation: endpoint("withdraw-invitation", async (call) => {
      await requireCurrent(deps, call.principal, "members:manage");
      await withdrawInvitation(deps, by(call), call.principal.orgId, call.request.params.invitation_id ?? "");
      return { status: 204 };
    }),
    changeMember: endpoint("change-member", async (call) => {
      await requireCurrent(deps, call.principal, "members:manage");
      const { role } = await readJson(call.request, roleBody);
      return {
        status: 200,
        body: { member: await changeRole(deps, by(call), call.principal.orgId, memberIn(call), role) },
      };
    }),
    removeMember: endpoint("remove-member", async (call) => {
      await requireCurrent(deps, call.principal, "members:manage");
      await removeMember(deps, by(call), call.principal.orgId, memberIn(call));
      return { status: 204 };
    }),
    listKeys: endpoint("list-keys", async ({ request, principal: { orgId } }) => {
      readParameters(noParameters, request.query);
      return { status: 200, body: { keys: await listKeys(deps, orgId) } };
    }),
    createKey: endpoint("create-key", async (call) => {
      await requireCurrent(deps, call.principal, "keys:manage");
      const wanted = await readJson(call.request, keyBody);
      return { status: 201, body: await createKey(deps, by(call), call.principal, wanted) };
    }),
    revokeKey: endpoint("revoke-key", async (call) => {
      await requireCurrent(deps, call.principal, "keys:manage");
      await revokeKey(deps, by(call), call.principal.orgId, call.request.params.key_id ?? "");
      return { status: 204 };
    }),
    rotateKey: endpoint("rotate-key", async (call) => {
      await requireCurrent(deps, call.principal, "keys:manage");
      const empty = (call.request.headers.get("content-length") ?? "0") === "0";
      const { overlap_seconds } = empty ? rotateBody.parse({}) : await readJson(call.request, rotateBody);
      const keyId = call.request.params.key_id ?? "";
      return { status: 201, body: await rotateKey(deps, by(call), call.principal, keyId, overlap_seconds) };
    }),
    listSessions: endpoint("list-sessions", async ({ request, principal }) => {
      const { member_id } = readParameters(sessionsParameters, request.query);
      return { status: 200, body: { sessions: await listSessions(deps, principal, sessionsOf(principal, member_id)) } };
    }),
    endSession: endpoint("end-session", async (call) => {
      await endSessionOf(deps, by(call), call.principal, call.request.params.session_id ?? "");
      return { status: 204 };
    }),
    queryAudit: endpoint("query-audit", async ({ request, principal }) => ({
      status: 200,
      body: await queryAudit(deps, principal, request.query),
    })),
  };
}

function memberIn({ request }: Call): string {
  const id = request.params.member_id ?? "";
  if (isMemberId(id)) return id;
  throw new AppError("member_not_found", "that is not the id of a member");
}

/** A member's own, unless one who manages members asks for another's (`member_id=all`: everybody's). */
function sessionsOf({ subject, scopes }: Principal, asked: string | undefined): string | undefined {
  const own = subject.slice("member:".length);
  if (asked === undefined || asked === own) return own;
  if (!scopes.includes("members:manage")) {
    throw new AppError("scope_missing", "other members' sessions need the scope `members:manage`", {
      members: { scope: "members:manage" },
    });
  }
  return asked === "all" ? undefined : asked;
}
