import { expect, it } from "vitest";
import { rotateKey } from "../../../../shared/access/keys/keys.ts";
import { roleScopes } from "../../../../shared/identity/roles.ts";
import { createMemoryIdentityDocuments } from "../../../support/memory-identity.ts";
import { createTestIdentity } from "../../../support/test-identity.ts";

it("a rotation whose instances cannot be told of it gives the new key all the same", async () => {
  const documents = createMemoryIdentityDocuments();
  const identity = createTestIdentity(documents);
  const orgId = await identity.makeOrg();
  const { keyId } = await identity.makeApiKey(orgId);
  const revoke = () => Promise.reject(new Error("the store is away"));
  const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
  const principal = { orgId, subject: "member:m", scopes: roleScopes.admin, tokenId: "t" };
  const { api_key } = await rotateKey({ documents, revoke, now: Date.now }, actor, principal, keyId, 60);
  expect(await documents.read("api_key", orgId, `key:${api_key.key_id}`)).toBeDefined();
});
