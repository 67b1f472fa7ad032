import { AppError } from "../../errors.ts";
import { isOrgId } from "../../identity/org-id.ts";
import type { Role } from "../../identity/roles.ts";
import { change, type Step } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type {
  IdentityDocuments,
  InvitationDocument,
  MemberDocument,
  OrgDocument,
  Write,
} from "../documents/identity-documents.ts";
import { memberIdOf, type Person } from "../documents/person.ts";
import { mayStillInvite, withAdmin } from "./admins.ts";
import { type InvitationReference, isInvitationId, makeInvitationToken } from "./invitation-token.ts";
import { readMember } from "./members.ts";
import { rememberOrgOfPerson } from "./person-index.ts";

export interface InvitationsDeps {
  readonly documents: IdentityDocuments;
  readonly now: () => number;
}

export interface InvitationRequest {
  readonly role: Role;
  /** For the admins who see the list: the person whom it is for. */
  readonly note: string;
  readonly lifetimeSeconds: number;
}

export type InvitationView = Pick<
  InvitationDocument,
  "invitation_id" | "role" | "note" | "created_at" | "created_by" | "expires_at"
>;

/** The first admin, for whom a new org waits. */
export const firstAdmin: InvitationRequest = { role: "admin", note: "first admin", lifetimeSeconds: 7 * 24 * 3600 };

/** How long a used or expired invitation can still be told from one that never existed. */
const REMEMBERED_SECONDS = 7 * 24 * 3600;

/** Makes an invitation, and returns its token: the only time that the whole token is shown. */
export async function invite(
  { documents, now }: InvitationsDeps,
  actor: Actor,
  orgId: string,
  { role, note, lifetimeSeconds }: InvitationRequest,
): Promise<{ readonly token: string; readonly invitation: InvitationView }> {
  const at = now();
  const { token, document } = makeInvitationDocument(orgId, actor, at, { role, note, lifetimeSeconds });
  const audit = auditOfInvitation(document, actor, at);
  return change(documents, orgId, async () => {
    const there = await documents.read("invitation", orgId, document.id);
    const writes = there ? [] : [{ create: document }, { create: audit }];
    return { writes, result: { token, invitation: toView(document) } };
  });
}

/** A new invitation's token and document; the invitation exists once the document is written. */
export function makeInvitationDocument(
  orgId: string,
  actor: Actor,
  at: number,
  { role, note, lifetimeSeconds }: InvitationRequest,
): { readonly token: string; readonly document: InvitationDocument } {
  const { token, invitationId } = makeInvitationToken(orgId);
  const document: InvitationDocument = {
    id: `invitation:${invitationId}`,
    org_id: orgId,
    kind: "invitation",
    invitation_id: invitationId,
    role,
    note,
    created_at: new Date(at).toISOString(),
    created_by: actor.subject,
    expires_at: new Date(at + lifetimeSeconds * 1000).toISOString(),
    ttl: lifetimeSeconds + REMEMBERED_SECONDS,
  };
  return { token, document };
}

export function auditOfInvitation({ org_id, id, role, note }: InvitationDocument, actor: Actor, at: number) {
  return auditDocument(org_id, actor, at, { action: "member.invited", target: id, details: { role, note } });
}

/**
 * Invites the first admin of an org, since nobody in it could. Throws AppError `org_not_found`, or `org_has_admin`:
 * once an org has an admin, its maker has no say in it any more.
 */
export async function inviteFirstAdmin(
  deps: InvitationsDeps,
  actor: Actor,
  orgId: string,
): Promise<{ readonly token: string; readonly invitation: InvitationView }> {
  if (!isOrgId(orgId)) throw new AppError("org_not_found", "that is not the id of an org");
  await deps.documents.catchUp(orgId);
  const org = await deps.documents.read("org", orgId, "org");
  if (!org) throw new AppError("org_not_found", "there is no org with this id");
  if ((org.value.admins ?? []).length > 0) throw new AppError("org_has_admin", "the org has an admin");
  return invite(deps, actor, orgId, firstAdmin);
}

/** Invitations that can still be used. */
export async function listInvitations({ documents, now }: InvitationsDeps, orgId: string): Promise<InvitationView[]> {
  const [found, org] = await Promise.all([documents.list("invitation", orgId), documents.read("org", orgId, "org")]);
  return found
    .map(({ value }) => value)
    .filter((one) => isOpen(one, now()) && mayStillInvite(one.created_by, org?.value))
    .map(toView);
}

/** Throws AppError `invitation_not_found`, also for one that was used or has expired. */
export function withdrawInvitation(
  { documents, now }: InvitationsDeps,
  actor: Actor,
  orgId: string,
  invitationId: string,
): Promise<void> {
  return change(documents, orgId, async () => {
    const at = now();
    const id = `invitation:${invitationId}`;
    const found = isInvitationId(invitationId) ? await documents.read("invitation", orgId, id) : undefined;
    if (!found || !isOpen(found.value, at)) {
      throw new AppError("invitation_not_found", "there is no such invitation, or it was used or has expired");
    }
    const withdrawn: InvitationDocument = { ...found.value, expires_at: new Date(at).toISOString() };
    const audit = auditDocument(orgId, actor, at, { action: "invitation.withdrawn", target: id });
    return { writes: [{ replace: withdrawn, etag: found.etag }, { create: audit }], result: undefined };
  });
}

/** The invitation of a token, to show what it is for. Throws AppError `invitation_unknown` or `invitation_used`. */
export async function readInvitation(
  { documents, now }: InvitationsDeps,
  token: InvitationReference | undefined,
): Promise<{ readonly orgName: string; readonly role: Role }> {
  if (token) await documents.catchUp(token.orgId);
  const { invitation, org } = await findUsable(documents, now(), token);
  return { orgName: org.value.name, role: invitation.value.role };
}

/**
 * Makes a person a member by an invitation, once. A person who is a member already stays as they are, and the
 * invitation stays unused. Throws AppError `invitation_unknown` or `invitation_used`.
 */
export async function acceptInvitation(
  { documents, now }: InvitationsDeps,
  actor: Actor,
  token: InvitationReference,
  person: Person & { readonly label: string },
): Promise<void> {
  const { orgId } = token;
  const memberId = memberIdOf(person);
  await documents.catchUp(orgId);
  // A person who became a member a moment ago, by the same invitation in another tab, needs no other one.
  if (await readMember(documents, orgId, memberId)) return;
  await findUsable(documents, now(), token);
  // The index before the truth: a crash in between leaves an entry that leads nowhere, not a member that nobody finds.
  await rememberOrgOfPerson({ documents, now }, memberId, orgId);
  await change(documents, orgId, () => decideJoin({ documents, now }, actor, token, person));
}

async function decideJoin(
  { documents, now }: InvitationsDeps,
  actor: Actor,
  token: InvitationReference,
  person: Person & { readonly label: string },
): Promise<Step<void, Write>> {
  const { orgId } = token;
  const memberId = memberIdOf(person);
  const id = `member:${memberId}`;
  const before = await documents.read("member", orgId, id);
  if (before && before.value.removed_at === undefined) return { writes: [], result: undefined };
  const at = now();
  const { invitation, org } = await findUsable(documents, at, token);
  const { role, created_by } = invitation.value;
  const member: MemberDocument = {
    id,
    org_id: orgId,
    kind: "member",
    member_id: memberId,
    issuer: person.issuer,
    subject: person.subject,
    label: person.label,
    role,
    joined_at: new Date(at).toISOString(),
    invited_by: created_by,
  };
  const used: InvitationDocument = { ...invitation.value, used_at: new Date(at).toISOString(), used_by: id };
  const details = { role, invitation: invitation.value.invitation_id };
  const writes: Write[] = [
    { replace: used, etag: invitation.etag },
    before ? { replace: member, etag: before.etag } : { create: member },
    { create: auditDocument(orgId, actor, at, { action: "member.joined", target: id, details }) },
    ...(role === "admin" ? [withAdmin(org, memberId)] : []),
  ];
  return { writes, result: undefined };
}

async function findUsable(
  documents: IdentityDocuments,
  at: number,
  token: InvitationReference | undefined,
): Promise<{ readonly invitation: Versioned<InvitationDocument>; readonly org: Versioned<OrgDocument> }> {
  const unknown = (detail: string): AppError => new AppError("invitation_unknown", detail);
  if (!token) throw unknown("that is not an invitation, or not a whole one");
  const [invitation, org] = await Promise.all([
    documents.read("invitation", token.orgId, `invitation:${token.invitationId}`),
    documents.read("org", token.orgId, "org"),
  ]);
  if (!invitation || !org) throw unknown("the invitation is not one that this deployment knows");
  const { value } = invitation;
  if (value.used_at !== undefined) throw new AppError("invitation_used", "the invitation was used before");
  if (!isOpen(value, at)) throw unknown("the invitation has expired or was withdrawn");
  if (!mayStillInvite(value.created_by, org.value)) throw unknown("who made the invitation may not invite any more");
  return { invitation, org };
}

function isOpen({ used_at, expires_at }: InvitationDocument, at: number): boolean {
  return used_at === undefined && Date.parse(expires_at) > at;
}

function toView({ invitation_id, role, note, created_at, created_by, expires_at }: InvitationDocument): InvitationView {
  return { invitation_id, role, note, created_at, created_by, expires_at };
}
