import { createOrg } from "../../shared/identity/create-org.ts";
import type { IdentityDocuments } from "../../shared/identity/identity-documents.ts";
import type { IdentityStore } from "../../shared/identity/identity-store.ts";
import { memberIdOf } from "../../shared/identity/person.ts";
import type { Role } from "../../shared/identity/roles.ts";
import { parseInvitationToken } from "../../shared/members/invitation-token.ts";
import { acceptInvitation, invite } from "../../shared/members/invitations.ts";
import { readMember } from "../../shared/members/members.ts";
import { people } from "../openid-provider/people.ts";

/** Who is a member of which org: Ada runs one, and Ben, who is in two, has to choose. */
const memberships: readonly { readonly person: string; readonly org: string; readonly role: Role }[] = [
  { person: "ada", org: "demo", role: "admin" },
  { person: "ben", org: "demo", role: "member" },
  { person: "ben", org: "bens-garden", role: "admin" },
];

interface Deps {
  readonly store: IdentityStore;
  readonly documents: IdentityDocuments;
}

/** Makes the people of the local OpenID provider members of the demo's orgs, by invitations, as anyone becomes one. */
export async function makeDemoPeople({ store, documents }: Deps, issuer: string): Promise<void> {
  const deps = { documents, now: Date.now };
  for (const { person: id, org: name, role } of memberships) {
    const { org } = await createOrg(store, name);
    const person = { issuer, subject: id, label: people.find((one) => one.id === id)?.name ?? id };
    if (await readMember(documents, org.orgId, memberIdOf(person))) continue;
    const actor = {
      subject: await findInviter(documents, org.orgId),
      clientAddress: "unknown",
      requestId: "npm-start",
    };
    const wanted = { role, note: person.label, lifetimeSeconds: 60 };
    const { token } = await invite(deps, actor, org.orgId, wanted);
    const invitation = parseInvitationToken(token);
    if (invitation) await acceptInvitation(deps, actor, invitation, person);
  }
}

/** Who may invite: an admin of the org, and the operator while there is none. */
export async function findInviter(documents: IdentityDocuments, orgId: string): Promise<string> {
  const [admin] = (await documents.read("org", orgId, "org"))?.value.admins ?? [];
  return admin === undefined ? "operator:local" : `member:${admin}`;
}
