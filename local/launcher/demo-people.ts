import { people } from "@headrace/emulators/openid-provider/people.ts";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import type { IdentityDocuments } from "../../shared/access/documents/identity-documents.ts";
import { memberIdOf } from "../../shared/access/documents/person.ts";
import { parseInvitationToken } from "../../shared/access/members/invitation-token.ts";
import { acceptInvitation, invite } from "../../shared/access/members/invitations.ts";
import { readMember } from "../../shared/access/members/members.ts";
import { encodeOrgId } from "../../shared/identity/org-id.ts";
import type { Role } from "../../shared/identity/roles.ts";
import { connectCosmos } from "../../shared/store/cosmos.ts";
import { makeDemoKey } from "./demo-key.ts";
import { findInviter } from "./find-inviter.ts";
import { accessOf } from "./product-access.ts";

/** The members of each org. Ada runs one. Ben is in two, and has to choose. */
const memberships: readonly { readonly person: string; readonly org: string; readonly role: Role }[] = [
  { person: "ada", org: "demo", role: "admin" },
  { person: "ben", org: "demo", role: "member" },
  { person: "ben", org: "bens-garden", role: "admin" },
];

/**
 * Makes the people of the local OpenID provider members of the demo's orgs. Orgs are made over HTTP, but members are
 * not. A person belongs to an issuer, which has another name on another port, and then nobody would be left in the org
 * to invite anyone. Gives the org `demo` its key.
 */
export async function makeDemoPeople(
  env: Readonly<Record<string, string>>,
  issuer: string,
  stateDir: string,
): Promise<void> {
  const { cosmos, credential } = accessOf(env);
  const connected = connectCosmos(cosmos, credential);
  const documents = createCosmosIdentityDocuments(connected.containers.identity);
  try {
    await addMembers(documents, issuer);
    await makeDemoKey(documents, stateDir);
  } finally {
    connected.close();
  }
}

async function addMembers(documents: IdentityDocuments, issuer: string): Promise<void> {
  const deps = { documents, now: Date.now };
  for (const { person: id, org, role } of memberships) {
    const orgId = encodeOrgId(org);
    const person = { issuer, subject: id, label: people.find((one) => one.id === id)?.name ?? id };
    if (await readMember(documents, orgId, memberIdOf(person))) continue;
    const actor = { subject: await findInviter(documents, orgId), clientAddress: "unknown", requestId: "npm-start" };
    const { token } = await invite(deps, actor, orgId, { role, note: person.label, lifetimeSeconds: 60 });
    const invitation = parseInvitationToken(token);
    if (invitation) await acceptInvitation(deps, actor, invitation, person);
  }
}
