import { AppError } from "../../errors.ts";
import { reached } from "../../runtime/reached.ts";
import type { HashKeys } from "../../secrets/hash-keys.ts";
import { change } from "../../store/change.ts";
import type { OrgSchemasDocument } from "./registry-documents.ts";
import type { RegistryStore } from "./registry-store.ts";

export interface HashKeyDeps {
  readonly store: RegistryStore;
  readonly hashKeys: Pick<HashKeys, "make" | "end">;
}

export type WithHashKey = OrgSchemasDocument & Required<Pick<OrgSchemasDocument, "hash_key">>;

/** With a key, where a version in force has the org's first privacy rule. Throws AppError `secrets_unavailable`. */
export async function withHashKey(
  hashKeys: HashKeyDeps["hashKeys"],
  schemas: OrgSchemasDocument,
): Promise<OrgSchemasDocument> {
  const hasRules = schemas.types.some(({ versions }) => versions.some((one) => one.has_rules));
  if (!hasRules || schemas.hash_key) return schemas;
  reached("org-gets-hash-key");
  return { ...schemas, hash_key: await hashKeys.make(schemas.org_id, 1) };
}

/** With the next key in the place of the one that ends. */
export async function withNextHashKey(
  hashKeys: HashKeyDeps["hashKeys"],
  schemas: WithHashKey,
): Promise<OrgSchemasDocument> {
  const { org_id, hash_key, ended_hash_keys = [] } = schemas;
  const next = await hashKeys.make(org_id, hash_key.number + 1);
  return { ...schemas, hash_key: next, ended_hash_keys: [...ended_hash_keys, hash_key.secret] };
}

/**
 * Deletes keys that have ended, and then the note of them: whoever changes the registry next completes what an instance
 * that was killed has left. Throws AppError `secrets_unavailable` or `store_unavailable`.
 */
export async function completeEnds(
  { store, hashKeys }: HashKeyDeps,
  orgId: string,
  ended: readonly string[],
): Promise<void> {
  if (ended.length === 0) return;
  for (const secret of ended) {
    await hashKeys.end(secret).catch((cause: unknown) => {
      reached("hash-key-not-deleted");
      throw new AppError("secrets_unavailable", "it is done, and a key that has ended is still in the vault", {
        cause,
        retryAfter: 5,
      });
    });
  }
  await change(store, orgId, async () => {
    const found = await store.readSchemas(orgId);
    if (!found || found === "unchanged") return { writes: [], result: undefined };
    const { ended_hash_keys = [], ...schemas } = found.value;
    const left = ended_hash_keys.filter((secret) => !ended.includes(secret));
    const replace = { ...schemas, ...(left.length > 0 ? { ended_hash_keys: left } : undefined) };
    return { writes: [{ replace, etag: found.etag }], result: undefined };
  });
}
