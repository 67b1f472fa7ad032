import type { Container } from "@azure/cosmos";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import { createCosmosIdentityStore } from "../../shared/access/keys/cosmos-identity-store.ts";
import type { OrgKeysDeps } from "../../shared/access/keys/org-keys.ts";
import { createReadState } from "../../shared/access/keys/read-state.ts";
import { createCosmosOrgStateStore } from "../../shared/org/cosmos-org-state-store.ts";

/** What an instance asks for API keys. */
export function connectKeys(container: Container, now: () => number = Date.now): OrgKeysDeps {
  const [states, documents] = [createCosmosOrgStateStore(container), createCosmosIdentityDocuments(container)];
  return { store: createCosmosIdentityStore(container), readState: createReadState({ states, documents, now }) };
}
