import { AppError } from "../../errors.ts";
import type { Role } from "../../identity/roles.ts";
import { change } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type {
  IdentityDocuments,
  MemberDocument,
  OrgDocument,
  SessionDocument,
  Write,
} from "../documents/identity-documents.ts";
import type { Revoke } from "../revocations/revocations.ts";
import { withAdmin, withoutAdmin } from "./admins.ts";

export interface MembersDeps {
  readonly documents: IdentityDocuments;
  readonly revoke: Revoke;
  readonly now: () => number;
}

export type MemberView = Pick<
  MemberDocument,
  "member_id" | "issuer" | "subject" | "label" | "role" | "joined_at" | "invited_by"
>;

/**
 * A change whose cut-off may be missing because the process died after the change. Repeating the change within this
 * time sets it. No token lives longer.
 */
const UNFINISHED_SECONDS = 24 * 3600;
/**
 * Sessions that end in the same transaction as a removal, which takes 100 writes. The other sessions end because they
 * do not find the member that they began with.
 */
const SESSIONS_AT_ONCE = 90;

/** The member, unless it does not exist or was removed. */
export async function readMember(
  documents: IdentityDocuments,
  orgId: string,
  memberId: string,
): Promise<Versioned<MemberDocument> | undefined> {
  const found = await documents.read("member", orgId, `member:${memberId}`);
  return found?.value.removed_at === undefined ? found : undefined;
}

export async function listMembers({ documents }: MembersDeps, orgId: string): Promise<MemberView[]> {
  const found = await documents.list("member", orgId);
  return found
    .map(({ value }) => value)
    .filter(({ removed_at }) => removed_at === undefined)
    .sort((a, b) => (a.joined_at < b.joined_at ? -1 : 1))
    .map(toView);
}

/** Throws AppError `member_not_found` or `last_admin`. Tokens of the old role end, sessions go on with the new one. */
export async function changeRole(
  deps: MembersDeps,
  actor: Actor,
  orgId: string,
  memberId: string,
  role: Role,
): Promise<MemberView> {
  const { documents, now } = deps;
  const changed = await change(documents, orgId, async () => {
    const at = now();
    const [member, org] = await readMemberAndOrg(documents, orgId, memberId);
    if (member.value.removed_at !== undefined) throw notFound();
    const { role: from, id } = member.value;
    if (from === role) return { writes: [], result: member.value };
    const after: MemberDocument = { ...member.value, role, changed_at: new Date(at).toISOString() };
    const entry = { action: "member.role_changed", target: id, details: { from, to: role } } as const;
    const writes: Write[] = [
      { replace: after, etag: member.etag },
      { create: auditDocument(orgId, actor, at, entry) },
      ...(role === "admin" ? [withAdmin(org, memberId)] : from === "admin" ? [withoutAdmin(org, memberId)] : []),
    ];
    return { writes, result: after };
  });
  await endTokens(deps, changed, changed.changed_at);
  return toView(changed);
}

/** Throws AppError `member_not_found` or `last_admin`. The member's tokens and sessions end. */
export async function removeMember(deps: MembersDeps, actor: Actor, orgId: string, memberId: string): Promise<void> {
  const { documents, now } = deps;
  const removed = await change(documents, orgId, async () => {
    const at = now();
    const [member, org] = await readMemberAndOrg(documents, orgId, memberId);
    if (member.value.removed_at !== undefined) return { writes: [], result: member.value };
    const sessions = await documents.listSessions(orgId, memberId);
    const after: MemberDocument = {
      ...member.value,
      removed_at: new Date(at).toISOString(),
      ttl: UNFINISHED_SECONDS,
    };
    const details = { role: member.value.role, label: member.value.label };
    const entry = { action: "member.removed", target: member.value.id, details } as const;
    const writes: Write[] = [
      { replace: after, etag: member.etag },
      { create: auditDocument(orgId, actor, at, entry) },
      ...(member.value.role === "admin" ? [withoutAdmin(org, memberId)] : []),
      ...sessions
        .filter(({ value }) => value.ended_at === undefined)
        .slice(0, SESSIONS_AT_ONCE)
        .map(end(at)), // prettier-ignore
    ];
    return { writes, result: after };
  });
  await endTokens(deps, removed, removed.removed_at);
}

function end(at: number): (session: Versioned<SessionDocument>) => Write {
  return ({ value, etag }) => ({
    replace: { ...value, ended_at: new Date(at).toISOString(), ended_because: "member_removed" },
    etag,
  });
}

async function readMemberAndOrg(
  documents: IdentityDocuments,
  orgId: string,
  memberId: string,
): Promise<readonly [Versioned<MemberDocument>, Versioned<OrgDocument>]> {
  const [member, org] = await Promise.all([
    documents.read("member", orgId, `member:${memberId}`),
    documents.read("org", orgId, "org"),
  ]);
  if (!member || !org) throw notFound();
  return [member, org];
}

/**
 * After the change is stored, so that anything read before it is older than the cut-off. Also when the change is only
 * confirmed again.
 */
async function endTokens({ revoke, now }: MembersDeps, member: MemberDocument, since: string | undefined) {
  if (since === undefined || now() - Date.parse(since) > UNFINISHED_SECONDS * 1000) return;
  await revoke({ kind: "subject", orgId: member.org_id, subject: member.id }, now());
}

function notFound(): AppError {
  return new AppError("member_not_found", "the org has no such member");
}

function toView({ member_id, issuer, subject, label, role, joined_at, invited_by }: MemberDocument): MemberView {
  return { member_id, issuer, subject, label, role, joined_at, invited_by };
}
