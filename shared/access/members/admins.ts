import { AppError } from "../../errors.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { OrgDocument, Write } from "../documents/identity-documents.ts";

/**
 * The org's list of admins changes in the same transaction as the member, under the org's ETag. When two admins remove
 * each other at once, one finds that the list has changed, and looks again.
 */
export function withAdmin({ value, etag }: Versioned<OrgDocument>, memberId: string): Write {
  const admins = [...(value.admins ?? []).filter((one) => one !== memberId), memberId];
  return { replace: { ...value, admins }, etag };
}

/**
 * Whether an invitation still counts, which depends on who made it. An admin's counts as long as they are an admin, so
 * that nobody who was removed comes back by a link that they kept. The operator's counts as long as the org has no
 * admin.
 */
export function mayStillInvite(createdBy: string, org: OrgDocument | undefined): boolean {
  const admins = org?.admins ?? [];
  return createdBy.startsWith("operator:") ? admins.length === 0 : admins.some((id) => createdBy === `member:${id}`);
}

/** Throws AppError `last_admin`. */
export function withoutAdmin({ value, etag }: Versioned<OrgDocument>, memberId: string): Write {
  const admins = (value.admins ?? []).filter((one) => one !== memberId);
  if (admins.length === 0) throw new AppError("last_admin", "the member is the only admin of the org");
  return { replace: { ...value, admins }, etag };
}
