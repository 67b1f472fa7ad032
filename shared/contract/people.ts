import { z } from "zod";
import { type AuditPage, auditParameters } from "../access/audit/query-audit.ts";
import { auditActions } from "../access/documents/audit-action.ts";
import { keyBody, rotateBody } from "../access/keys/endpoints.ts";
import type { KeyView } from "../access/keys/keys.ts";
import { inviteBody, roleBody } from "../access/members/endpoints.ts";
import type { InvitationView } from "../access/members/invitations.ts";
import type { MemberView } from "../access/members/members.ts";
import { sessionsParameters } from "../access/sessions/endpoints.ts";
import type { SessionView } from "../access/sessions/sessions.ts";
import { keyScopes, roles } from "../identity/roles.ts";
import { type Operation, shapeOf } from "./operation.ts";
import { at, time } from "./times.ts";

const member = shapeOf<MemberView>()(
  z.object({
    member_id: z.string(),
    issuer: z.string(),
    subject: z.string(),
    label: z.string(),
    role: z.enum(roles),
    joined_at: time,
    invited_by: z.string(),
  }),
).meta({ id: "Member" });
const invitation = shapeOf<InvitationView>()(
  z.object({
    invitation_id: z.string(),
    role: z.enum(roles),
    note: z.string(),
    created_at: time,
    created_by: z.string(),
    expires_at: time,
  }),
).meta({ id: "Invitation" });
const key = shapeOf<KeyView>()(
  z.object({
    key_id: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(keyScopes)),
    origins: z.array(z.string()).nullable().describe("Of a publishable key: whose pages may send with it"),
    created_at: time,
    created_by: z.string().nullable(),
    last_used_on: z.string().nullable().describe("A day, UTC; null when it was never used"),
    expires_at: time.nullable().describe("It was rotated: until when it works"),
    revoked_at: time.nullable(),
  }),
).meta({ id: "Key" });
const newKey = z.object({ key: z.string().describe("The whole key, which is shown only this once"), api_key: key });
const session = shapeOf<SessionView>()(
  z.object({
    session_id: z.string(),
    member_id: z.string(),
    provider: z.string(),
    started_at: time,
    refreshed_at: time,
    ends_at: time,
    client_address: z.string(),
    client_agent: z.string(),
    current: z.boolean(),
  }),
).meta({ id: "Session" });
const audit = shapeOf<AuditPage>()(
  z.object({
    entries: z.array(
      z.object({
        audit_id: z.string(),
        timestamp: time,
        action: z.enum(auditActions),
        actor: z.string().describe("Who: the principal's subject"),
        target: z.string(),
        details: z.record(z.string(), z.unknown()),
        client_address: z.string(),
        request_id: z.string(),
      }),
    ),
    next_cursor: z.string().nullable(),
  }),
);

const created = { created_at: at, created_by: "member:x" };
const oneInvitation = { invitation_id: "hri1", role: "member", note: "Ben", ...created, expires_at: at };
const ended = { last_used_on: null, expires_at: null, revoked_at: null };
const oneKey = { key_id: "k1", name: "web shop", scopes: ["events:write"], origins: null, ...created, ...ended };
const oneMember = {
  ...{ member_id: "m1", issuer: "https://login.example.com", subject: "ben", label: "Ben" },
  ...{ role: "member", joined_at: at, invited_by: "member:x" },
};
const gone = (says: string) => ({ 204: { says } });

export const peopleOperations = {
  "list-members": {
    about: "people",
    replies: {
      200: {
        says: "Members, and invitations that can still be used",
        schema: z.object({ members: z.array(member), invitations: z.array(invitation) }),
        example: { members: [oneMember], invitations: [oneInvitation] },
      },
    },
  },
  "invite-member": {
    about: "people",
    body: { schema: inviteBody, example: { role: "member", note: "Ben" } },
    replies: {
      201: {
        says: "The invitation, with its token and link, which are shown only this once",
        schema: z.object({ invitation, token: z.string(), link: z.string() }),
        example: { invitation: oneInvitation, token: "hri_x", link: "https://example.com/api/v1/auth/join#hri_x" },
      },
    },
    codes: ["sign_in_unavailable"],
  },
  "change-member": {
    about: "people",
    example: { member_id: "m1" },
    body: { schema: roleBody, example: { role: "viewer" } },
    replies: {
      200: {
        says: "The member with the role",
        schema: z.object({ member }),
        example: { member: { ...oneMember, role: "viewer" } },
      },
    },
    codes: ["member_not_found", "last_admin"],
  },
  "remove-member": {
    about: "people",
    example: { member_id: "m1" },
    replies: gone("The person is no member any more"),
    codes: ["member_not_found", "last_admin"],
  },
  "withdraw-invitation": {
    about: "people",
    example: { invitation_id: "hri1" },
    replies: gone("The invitation cannot be used any more"),
    codes: ["invitation_not_found"],
  },
  "list-keys": {
    about: "access",
    replies: {
      200: {
        says: "Keys, without their secrets",
        schema: z.object({ keys: z.array(key) }),
        example: { keys: [oneKey] },
      },
    },
  },
  "create-key": {
    about: "access",
    body: { schema: keyBody, example: { name: "web shop", scopes: ["events:write"] } },
    replies: { 201: { says: "The key", schema: newKey, example: { key: "hr_x_y_z", api_key: oneKey } } },
    codes: ["too_many_keys"],
  },
  "revoke-key": {
    about: "access",
    example: { key_id: "k1" },
    replies: gone("The key and its tokens end"),
    codes: ["key_not_found"],
  },
  "rotate-key": {
    about: "access",
    example: { key_id: "k1" },
    body: { schema: rotateBody, example: { overlap_seconds: 3_600 }, optional: true },
    replies: { 201: { says: "The successor", schema: newKey, example: { key: "hr_x_y_z", api_key: oneKey } } },
    codes: ["key_not_found", "key_replaced", "too_many_keys"],
  },
  "list-sessions": {
    about: "people",
    query: sessionsParameters,
    replies: {
      200: {
        says: "Sessions that can still be refreshed",
        schema: z.object({ sessions: z.array(session) }),
        example: {
          sessions: [
            {
              ...{ session_id: "s1", member_id: "m1", provider: "local", started_at: at, refreshed_at: at },
              ...{ ends_at: at, client_address: "192.0.2.1", client_agent: "Firefox", current: true },
            },
          ],
        },
      },
    },
  },
  "end-session": {
    about: "people",
    example: { session_id: "s1" },
    replies: gone("The session and its tokens end"),
    codes: ["session_not_found"],
  },
  "query-audit": {
    about: "people",
    query: auditParameters,
    example: { limit: 10 },
    replies: {
      200: {
        says: "A page, newest first",
        schema: audit,
        example: {
          entries: [
            {
              ...{ audit_id: "a1", timestamp: at, action: "key.created", actor: "member:x", target: "key:k1" },
              ...{ details: { name: "web shop" }, client_address: "192.0.2.1", request_id: "r1" },
            },
          ],
          next_cursor: null,
        },
      },
    },
    codes: ["invalid_cursor"],
  },
} as const satisfies Record<string, Operation>;
