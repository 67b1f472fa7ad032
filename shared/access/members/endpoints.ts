import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { Call, Handlers } from "../../http/endpoint.ts";
import type { Origins } from "../../http/origins.ts";
import { readJson } from "../../http/read-json.ts";
import { roles } from "../../identity/roles.ts";
import type { ActorOf } from "../audit/actor-of.ts";
import { displayName } from "../documents/display-name.ts";
import { isMemberId } from "../documents/person.ts";
import { invitationLink } from "./invitation-link.ts";
import { type InvitationsDeps, invite, listInvitations, withdrawInvitation } from "./invitations.ts";
import { changeRole, listMembers, type MembersDeps, removeMember } from "./members.ts";

export interface MemberEndpointsDeps extends MembersDeps, InvitationsDeps {
  readonly origins: Origins;
  readonly actorOf: ActorOf;
}

const DAY_SECONDS = 24 * 3600;

export const inviteBody = z.strictObject({
  role: z.enum(roles),
  note: displayName(200).default(""),
  expires_in_days: z.number().int().min(1).max(30).default(7),
});

export const roleBody = z.strictObject({ role: z.enum(roles) });

export function createMemberEndpoints(deps: MemberEndpointsDeps) {
  const { origins, actorOf } = deps;
  return {
    "list-members": async ({ principal: { orgId } }) => {
      const [members, invitations] = await Promise.all([listMembers(deps, orgId), listInvitations(deps, orgId)]);
      return { status: 200, body: { members, invitations } };
    },
    "invite-member": async (call) => {
      const { role, note, expires_in_days } = await readJson(call.request, inviteBody);
      const wanted = { role, note, lifetimeSeconds: expires_in_days * DAY_SECONDS };
      const { token, invitation } = await invite(deps, actorOf(call), call.principal.orgId, wanted);
      return { status: 201, body: { invitation, token, link: invitationLink(origins, call.request, token) } };
    },
    "withdraw-invitation": async (call) => {
      const invitationId = call.request.params.invitation_id ?? "";
      await withdrawInvitation(deps, actorOf(call), call.principal.orgId, invitationId);
      return { status: 204 };
    },
    "change-member": async (call) => {
      const { role } = await readJson(call.request, roleBody);
      const member = await changeRole(deps, actorOf(call), call.principal.orgId, memberIn(call), role);
      return { status: 200, body: { member } };
    },
    "remove-member": async (call) => {
      await removeMember(deps, actorOf(call), call.principal.orgId, memberIn(call));
      return { status: 204 };
    },
  } satisfies Partial<Handlers>;
}

function memberIn({ request }: Call): string {
  const id = request.params.member_id ?? "";
  if (isMemberId(id)) return id;
  throw new AppError("member_not_found", "that is not the id of a member");
}
