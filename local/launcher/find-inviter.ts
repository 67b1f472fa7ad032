import type { IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";

/** The inviter: an admin of the org, or the operator while there is none. */
export async function findInviter(documents: IdentityDocuments, orgId: string): Promise<string> {
  const [admin] = (await documents.read("org", orgId, "org"))?.value.admins ?? [];
  return admin === undefined ? "operator:local" : `member:${admin}`;
}
