import { describe, expect, it } from "vitest";
import { auditDocument } from "../../shared/access/documents/audit-entry.ts";
import type {
  IdentityDocuments,
  MemberDocument,
  OrgDocument,
} from "../../shared/access/documents/identity-documents.ts";
import { newOrg } from "./new-org.ts";

const actor = { subject: "member:a", clientAddress: "192.0.2.1", requestId: "r" };
const NOW = Date.parse("2026-11-25T10:00:00Z");

function org(orgId: string): OrgDocument {
  return { id: "org", org_id: orgId, kind: "org", name: orgId, created_at: "2026-11-25T00:00:00.000Z" };
}

function member(orgId: string, id: string): MemberDocument {
  const person = { issuer: "https://issuer.example", subject: id, label: id };
  const joined = { joined_at: "2026-11-25T00:00:00.000Z", invited_by: "operator:x" };
  return { id: `member:${id}`, org_id: orgId, kind: "member", member_id: id, ...person, role: "viewer", ...joined };
}

/** The contract of every adapter of the identity documents. */
export function describeIdentityDocuments(name: string, make: () => IdentityDocuments): void {
  describe(`identity documents: ${name}`, () => {
    it("writes all or nothing: a refused change leaves no line in the trail", async () => {
      const documents = make();
      const orgId = newOrg();
      const line = (): { create: ReturnType<typeof auditDocument> } => ({
        create: auditDocument(orgId, actor, NOW, { action: "member.joined", target: "x" }),
      });
      expect(await documents.commit(orgId, [{ create: org(orgId) }, line()])).toBe(true);
      expect(await documents.commit(orgId, [line(), { create: org(orgId) }])).toBe(false);
      const found = await documents.read("org", orgId, "org");
      const replace = { ...org(orgId), admins: ["a"] };
      expect(await documents.commit(orgId, [line(), { replace, etag: '"stale"' }])).toBe(false);
      expect(await documents.commit(orgId, [line(), { replace, etag: found?.etag ?? "" }])).toBe(true);
      expect(await documents.commit(orgId, [line(), { replace, etag: found?.etag ?? "" }])).toBe(false);
      expect((await documents.read("org", orgId, "org"))?.value).toMatchObject(replace);
      expect(await documents.findAudit(orgId, { limit: 10 })).toHaveLength(2);
    });

    it("catches up with an org that is there and one that is not, and changes nothing in it", async () => {
      const documents = make();
      const orgId = newOrg();
      await documents.catchUp(orgId);
      await documents.commit(orgId, [{ create: org(orgId) }]);
      const before = await documents.read("org", orgId, "org");
      await documents.catchUp(orgId);
      expect(await documents.read("org", orgId, "org")).toEqual(before);
    });

    it("gives a document only as its own kind, and only in its own org", async () => {
      const documents = make();
      const [orgId, other] = [newOrg(), newOrg()];
      await documents.commit(orgId, [{ create: member(orgId, "a") }]);
      expect(await documents.read("member", orgId, "member:a")).toBeDefined();
      expect(await documents.read("session", orgId, "member:a")).toBeUndefined();
      expect(await documents.read("member", other, "member:a")).toBeUndefined();
      expect(await documents.list("member", other)).toEqual([]);
      expect((await documents.list("member", orgId)).map(({ value }) => value.member_id)).toEqual(["a"]);
    });

    it("pages through the trail newest first, by filter, without gap or repetition", async () => {
      const documents = make();
      const orgId = newOrg();
      const actions = ["key.created", "key.revoked"] as const;
      for (let i = 0; i < 10; i++) {
        const action = actions[i % 2] ?? "key.created";
        // Two of the same time each.
        const create = auditDocument(orgId, actor, NOW + Math.floor(i / 2), { action, target: String(i) });
        expect(await documents.commit(orgId, [{ create }])).toBe(true);
      }
      const seen: string[] = [];
      let after: { timestamp: string; id: string } | undefined;
      for (;;) {
        const page = await documents.findAudit(orgId, { limit: 3, ...(after && { after }) });
        seen.push(...page.map(({ target }) => target));
        after = page.at(-1);
        if (page.length < 3) break;
      }
      expect([...seen].sort()).toEqual([..."0123456789"]);
      expect(seen.map((target) => Math.floor(Number(target) / 2))).toEqual([4, 4, 3, 3, 2, 2, 1, 1, 0, 0]);
      const revoked = await documents.findAudit(orgId, { limit: 100, action: "key.revoked" });
      expect(revoked.map(({ target }) => target)).toEqual(["9", "7", "5", "3", "1"]);
      expect(await documents.findAudit(orgId, { limit: 100, actor: "member:b" })).toEqual([]);
    });
  });
}
