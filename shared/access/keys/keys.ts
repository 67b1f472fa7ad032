import { AppError } from "../../errors.ts";
import type { Principal } from "../../identity/principal.ts";
import type { KeyScope } from "../../identity/roles.ts";
import { type KeyGrant, readScopes, type StoredScope, storeScopes } from "../../identity/stored-scopes.ts";
import { withKey, withoutKey } from "../../org/org-state.ts";
import { reached } from "../../runtime/reached.ts";
import { change } from "../../store/change.ts";
import type { Versioned } from "../../store/versioned.ts";
import { type Actor, auditDocument } from "../documents/audit-entry.ts";
import type { ApiKeyDocument, EndedKeyDocument, IdentityDocuments } from "../documents/identity-documents.ts";
import { keepState, readOrg } from "../documents/keep-state.ts";
import type { Revoke } from "../revocations/revocations.ts";
import { isKeyId, makeApiKey } from "./api-key.ts";
import { requireRoom } from "./make-room.ts";

export interface KeysDeps {
  readonly documents: IdentityDocuments;
  readonly revoke: Revoke;
  readonly now: () => number;
}

export interface KeyView {
  readonly key_id: string;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  /** Of a publishable key: the origins whose pages may send with it. Null for any other key. */
  readonly origins: readonly string[] | null;
  readonly created_at: string;
  readonly created_by: string | null;
  /** The day, UTC, on which it was last used; null when it never was. */
  readonly last_used_on: string | null;
  /** It was rotated: until when it works. */
  readonly expires_at: string | null;
  readonly revoked_at: string | null;
}

/** A whole key, which is shown only this once. */
export interface NewKey {
  readonly key: string;
  readonly api_key: KeyView;
}

/** How long an ended key is still listed, and told from one that never existed. */
const REMEMBERED_SECONDS = 90 * 24 * 3_600;

/**
 * Instances ask for keys again after 15 minutes at most. What ends later than this is known to all of them by then, and
 * they are not told.
 */
const TOLD_BELOW_SECONDS = 3_600;

/**
 * Makes an API key with no more scopes than its maker has; with origins, a publishable one. Throws AppError
 * `scope_missing` or `too_many_keys`.
 */
export function createKey(
  { documents, now }: KeysDeps,
  actor: Actor,
  principal: Principal,
  { name, scopes, origins }: KeyGrant & { readonly name: string },
): Promise<NewKey> {
  const { orgId } = principal;
  mayGiveAway(principal, scopes);
  const at = now();
  const { key, document } = makeKeyDocument(orgId, actor, at, {
    name,
    scopes: storeScopes({ scopes, ...(origins && { origins }) }),
  });
  const details = { name, scopes, ...(origins && { origins }) };
  const entry = { action: "key.created", target: document.id, details } as const;
  const audit = auditDocument(orgId, actor, at, entry);
  return change(documents, orgId, async () => {
    const result = { key, api_key: toView(document) };
    if (await documents.read("api_key", orgId, document.id)) return { writes: [], result };
    const org = await readOrg(documents, orgId, at);
    await requireRoom(documents, org.state, at);
    const state = keepState(org, (before) => withKey(before, document, at));
    return { writes: [{ create: document }, { create: audit }, ...state], result };
  });
}

export async function listKeys({ documents }: KeysDeps, orgId: string): Promise<KeyView[]> {
  const found = await Promise.all([documents.list("api_key", orgId), documents.list("ended_key", orgId)]);
  return found
    .flat()
    .map(({ value }) => value)
    .sort((a, b) => (a.created_at < b.created_at ? -1 : 1))
    .map(toView);
}

/** Throws AppError `key_not_found`. The key and the tokens issued for it end; doing it again is harmless. */
export async function revokeKey(
  { documents, revoke, now }: KeysDeps,
  actor: Actor,
  orgId: string,
  keyId: string,
): Promise<void> {
  const id = `key:${keyId}`;
  await change(documents, orgId, async () => {
    const at = now();
    const org = await readOrg(documents, orgId, at);
    const { value, etag } = await readKey(documents, orgId, keyId);
    if (value.revoked_at !== undefined) return { writes: [], result: undefined };
    const replace = { ...value, revoked_at: new Date(at).toISOString(), ttl: REMEMBERED_SECONDS };
    const audit = auditDocument(orgId, actor, at, { action: "key.revoked", target: id, details: nameOf(value) });
    const state = keepState(org, (before) => withoutKey(before, keyId, at));
    return { writes: [{ replace, etag }, { create: audit }, ...state], result: undefined };
  });
  await revoke({ kind: "subject", orgId, subject: id }, now());
}

/**
 * Makes a key like another one, which goes on working for `overlapSeconds`; with 0 it ends at once. Throws AppError
 * `scope_missing` when the key has more scopes than the caller, `key_not_found`, `too_many_keys` when both would work
 * and the org has no room for that, and `key_replaced` for a key that was rotated or revoked before: two rotations of
 * one key would leave two new ones.
 */
export async function rotateKey(
  { documents, revoke, now }: KeysDeps,
  actor: Actor,
  principal: Principal,
  keyId: string,
  overlapSeconds: number,
): Promise<NewKey> {
  const { orgId } = principal;
  const id = `key:${keyId}`;
  const made = await change(documents, orgId, async () => {
    const at = now();
    const org = await readOrg(documents, orgId, at);
    const { value, etag } = await readKey(documents, orgId, keyId);
    if (value.revoked_at !== undefined || value.expires_at !== undefined)
      throw new AppError("key_replaced", "the key was rotated or revoked before");
    // The caller gets the successor's secret, so the key must have no more scopes than they have.
    mayGiveAway(principal, readScopes(value.scopes).scopes);
    const name = value.name ?? "";
    const { key, document } = makeKeyDocument(orgId, actor, at, { name, scopes: value.scopes });
    const expires_at = new Date(at + overlapSeconds * 1000).toISOString();
    const replace = { ...value, expires_at, ttl: overlapSeconds + REMEMBERED_SECONDS };
    await requireRoom(documents, org.state, at, overlapSeconds === 0 ? keyId : undefined);
    const details = { successor: document.id, overlap_seconds: overlapSeconds };
    const audit = auditDocument(orgId, actor, at, { action: "key.rotated", target: id, details });
    const state = keepState(org, (before) => withKey(withKey(before, replace, at), document, at));
    const writes = [{ replace, etag }, { create: document }, { create: audit }, ...state];
    return { writes, result: { key, api_key: toView(document) } };
  });
  // Tokens issued for the old key would outlive it by up to their own lifetime.
  if (overlapSeconds === 0) await revoke({ kind: "subject", orgId, subject: id }, now());
  // Not worth losing the new key for, which is shown only now: without it, the old one is good until it is asked for.
  else if (overlapSeconds < TOLD_BELOW_SECONDS)
    await revoke({ kind: "keys", orgId }, now()).catch(() => reached("rotation-of-key-not-told"));
  return made;
}

function mayGiveAway(principal: Principal, scopes: readonly KeyScope[]): void {
  const missing = scopes.find((scope) => !principal.scopes.includes(scope));
  if (missing === undefined) return;
  throw new AppError("scope_missing", `the credential lacks the scope \`${missing}\`, and cannot give it away`, {
    members: { scope: missing },
  });
}

async function readKey(
  documents: IdentityDocuments,
  orgId: string,
  keyId: string,
): Promise<Versioned<ApiKeyDocument | EndedKeyDocument>> {
  const id = `key:${keyId}`;
  const found = isKeyId(keyId)
    ? ((await documents.read("api_key", orgId, id)) ?? (await documents.read("ended_key", orgId, id)))
    : undefined;
  if (!found) throw new AppError("key_not_found", "the org has no such API key");
  return found;
}

/** A new key and its document; the key exists once the document is written. */
export function makeKeyDocument(
  orgId: string,
  actor: Actor,
  at: number,
  { name, scopes }: { readonly name: string; readonly scopes: readonly StoredScope[] },
): { readonly key: string; readonly document: ApiKeyDocument } {
  const { key, keyId, hash } = makeApiKey(orgId, { publishable: readScopes(scopes).origins !== undefined });
  const document: ApiKeyDocument = {
    id: `key:${keyId}`,
    org_id: orgId,
    kind: "api_key",
    key_id: keyId,
    hash,
    scopes,
    name,
    created_at: new Date(at).toISOString(),
    created_by: actor.subject,
  };
  return { key, document };
}

function nameOf({ name }: Pick<ApiKeyDocument, "name">): Record<string, string> {
  return name === undefined ? {} : { name };
}

function toView(key: ApiKeyDocument | EndedKeyDocument): KeyView {
  const { scopes, origins = null } = readScopes(key.scopes);
  return {
    key_id: key.key_id,
    name: key.name ?? "",
    scopes,
    origins,
    created_at: key.created_at,
    created_by: key.created_by ?? null,
    last_used_on: key.last_used_on ?? null,
    expires_at: key.expires_at ?? null,
    revoked_at: key.revoked_at ?? null,
  };
}
