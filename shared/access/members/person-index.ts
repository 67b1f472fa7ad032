import { reached } from "../../runtime/reached.ts";
import { change } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import type { IdentityDocuments, MemberDocument, PersonDocument, Write } from "../documents/identity-documents.ts";
import { personPartition } from "../documents/person.ts";
import { readMember } from "./members.ts";

interface IndexDeps {
  readonly documents: IdentityDocuments;
  readonly now: () => number;
}

export interface Membership {
  readonly orgName: string;
  readonly member: MemberDocument;
}

/** An entry without a member belongs to a join under way. After this time, a crash or a removal left it. */
const JOINING_MS = 3_600_000;

/** Notes that the person may be a member of the org. Doing it again is harmless. */
export function rememberOrgOfPerson({ documents, now }: IndexDeps, memberId: string, orgId: string): Promise<void> {
  const partition = personPartition(memberId);
  return change(documents, partition, async () => {
    const found = await documents.read("person", partition, "person");
    const entry = { org_id: orgId, added_at: new Date(now()).toISOString() };
    const others = (found?.value.orgs ?? []).filter((org) => org.org_id !== orgId);
    return { writes: [write(found, { memberId, orgs: [...others, entry] })], result: undefined };
  });
}

/**
 * The orgs that the person is a member of. Each is looked up in the org itself. The index only says where to look, and
 * an entry that leads nowhere is removed.
 */
export async function findMemberships({ documents, now }: IndexDeps, memberId: string): Promise<Membership[]> {
  const partition = personPartition(memberId);
  const found = await documents.read("person", partition, "person");
  const looked = await Promise.all((found?.value.orgs ?? []).map((org) => lookUp(documents, org, memberId)));
  const gone = looked.filter(({ membership, added_at }) => !membership && now() - Date.parse(added_at) > JOINING_MS);
  if (found && gone.length > 0) {
    const orgs = found.value.orgs.filter((org) => !gone.some(({ org_id }) => org_id === org.org_id));
    reached("membership-leads-nowhere");
    // Another request changed it meanwhile, and has just looked as well.
    await documents.commit(partition, [write(found, { memberId, orgs })]);
  }
  return looked.flatMap(({ membership }) => (membership ? [membership] : []));
}

type OrgOfPerson = PersonDocument["orgs"][number];

async function lookUp(
  documents: IdentityDocuments,
  entry: OrgOfPerson,
  memberId: string,
): Promise<OrgOfPerson & { readonly membership: Membership | undefined }> {
  const [member, org] = await Promise.all([
    readMember(documents, entry.org_id, memberId),
    documents.read("org", entry.org_id, "org"),
  ]);
  return { ...entry, membership: member && { orgName: org?.value.name ?? entry.org_id, member: member.value } };
}

function write(
  found: Versioned<PersonDocument> | undefined,
  { memberId, orgs }: { readonly memberId: string; readonly orgs: readonly OrgOfPerson[] },
): Write {
  const own = { id: "person", org_id: personPartition(memberId), kind: "person", orgs } as const;
  const document: PersonDocument = { ...found?.value, ...own };
  return found ? { replace: document, etag: found.etag } : { create: document };
}
