import { randomUUID } from "node:crypto";
import { badParameter, KeyVaultError, notFound } from "./errors.ts";
import type { SecretCreate, SecretUpdate } from "./read-secret.ts";
import type { Deletion, SecretStore, SecretVersion } from "./secret-store.ts";
import { RECOVERABLE_DAYS } from "./show-secret.ts";

export interface DeletedSecret {
  readonly secret: SecretVersion;
  readonly deletion: Deletion;
}

/** The operations of a vault on secrets. Each throws a {@link KeyVaultError} where the service would refuse it. */
export interface Vault {
  set(name: string, given: SecretCreate): SecretVersion;
  /** Without a version the newest, whatever its `nbf` and `exp` say: those only inform. */
  get(name: string, version: string | undefined): SecretVersion;
  update(name: string, version: string | undefined, given: SecretUpdate): SecretVersion;
  list(after: string, limit: number): readonly SecretVersion[];
  versions(name: string, after: string, limit: number): readonly SecretVersion[];
  delete(name: string): DeletedSecret;
  deleted(name: string): DeletedSecret;
  listDeleted(after: string, limit: number): readonly DeletedSecret[];
  recover(name: string): SecretVersion;
  purge(name: string): void;
  /** Every version of a secret, for {@link Vault.restore} here or in another vault of ours. */
  backup(name: string): readonly SecretVersion[];
  restore(versions: readonly SecretVersion[]): SecretVersion;
}

const DAY_SECONDS = 24 * 60 * 60;

export interface VaultOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** How long a deletion and a recovery take, in milliseconds: until then the name takes nothing. */
  readonly changingMs: number;
}

export function createVault(store: SecretStore, { now, changingMs }: VaultOptions): Vault {
  const seconds = (): number => Math.floor(now() / 1000);
  /** When a secret was recovered, by its name in lower case. */
  const recoveredAt = new Map<string, number>();

  function findLive(name: string, version: string | undefined): SecretVersion {
    const found = version === undefined ? store.newest(name) : store.find(name, version);
    if (!found || store.deletion(name)) throw notFound(version === undefined ? name : `${name}/${version}`);
    return found;
  }

  function findDeleted(name: string): DeletedSecret {
    store.purgeDue(seconds());
    const [secret, deletion] = [store.newest(name), store.deletion(name)];
    if (secret && deletion) return { secret, deletion };
    throw new KeyVaultError(404, "SecretNotFound", `Deleted Secret not found: ${name}`);
  }

  function refuseWhileChanging(name: string): void {
    const { deletedDate = Number.NEGATIVE_INFINITY } = store.deletion(name) ?? {};
    if (now() < deletedDate * 1000 + changingMs) throw isBeingDeleted(name);
    if (now() < (recoveredAt.get(name.toLowerCase()) ?? Number.NEGATIVE_INFINITY) + changingMs)
      throw isBeingRecovered(name);
  }

  return {
    set: (name, given) => {
      store.purgeDue(seconds());
      refuseWhileChanging(name);
      if (store.deletion(name)) throw isDeleted(name);
      const created = seconds();
      // The name as it was first written, as the service keeps it.
      const kept = store.newest(name)?.name ?? name;
      const blank = {
        name: kept,
        version: newVersion(),
        value: given.value,
        contentType: null,
        tags: null,
        created,
        updated: created,
      };
      const secret = change({ ...blank, enabled: true, nbf: null, exp: null }, given);
      store.add(secret);
      return secret;
    },
    get: (name, version) => {
      const secret = findLive(name, version);
      if (secret.enabled) return secret;
      throw new KeyVaultError(403, "Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled");
    },
    update: (name, version, given) => {
      const secret = { ...change(findLive(name, version), given), updated: seconds() };
      store.replace(secret);
      return secret;
    },
    list: (after, limit) => store.list("live", after, limit),
    // An empty list, not an error, for a secret that does not exist.
    versions: (name, after, limit) => (store.deletion(name) ? [] : store.versions(name, after, limit)),
    delete: (name) => {
      const secret = findLive(name, undefined);
      const deletedDate = seconds();
      const deletion = { deletedDate, scheduledPurgeDate: deletedDate + RECOVERABLE_DAYS * DAY_SECONDS };
      store.markDeleted(name, deletion);
      return { secret, deletion };
    },
    deleted: findDeleted,
    listDeleted: (after, limit) => {
      store.purgeDue(seconds());
      return store.list("deleted", after, limit).map(({ name }) => findDeleted(name));
    },
    recover: (name) => {
      const { secret } = findDeleted(name);
      refuseWhileChanging(name);
      store.recover(name);
      recoveredAt.set(name.toLowerCase(), now());
      return secret;
    },
    purge: (name) => {
      findDeleted(name);
      refuseWhileChanging(name);
      store.purge(name);
    },
    backup: (name) => {
      findLive(name, undefined);
      return store.all(name);
    },
    restore: (versions) => {
      const newest = versions.at(-1);
      if (newest === undefined) throw badParameter("Property value has invalid value: the backup is empty.");
      store.purgeDue(seconds());
      if (store.deletion(newest.name)) throw isDeleted(newest.name);
      if (store.newest(newest.name)) throw isThere(newest.name);
      store.add(...versions);
      return newest;
    },
  };
}

/** Attributes that are not named stay. */
function change(secret: SecretVersion, { contentType, tags, attributes }: SecretUpdate): SecretVersion {
  const changed = {
    ...secret,
    contentType: contentType ?? secret.contentType,
    tags: tags ?? secret.tags,
    enabled: attributes?.enabled ?? secret.enabled,
    nbf: attributes?.nbf ?? secret.nbf,
    exp: attributes?.exp ?? secret.exp,
  };
  if (changed.nbf !== null && changed.exp !== null && changed.exp <= changed.nbf) {
    throw badParameter("Property attributes.exp has invalid value: it must be later than nbf.");
  }
  return changed;
}

function newVersion(): string {
  return randomUUID().replaceAll("-", "");
}

function isThere(name: string): KeyVaultError {
  return new KeyVaultError(409, "Conflict", `The specified secret ${name} already exists.`);
}

/** As recorded of a secret in hashicorp/terraform-provider-azurerm#10454, and of a key in the SDK's own tests. */
function isBeingDeleted(name: string): KeyVaultError {
  return new KeyVaultError(409, "Conflict", `Secret ${name} is currently being deleted.`, "ObjectIsBeingDeleted");
}

/** As recorded in hashicorp/terraform-provider-azurerm#12285. */
function isBeingRecovered(name: string): KeyVaultError {
  return new KeyVaultError(
    409,
    "Conflict",
    `Secret ${name} is currently being recovered and cannot be re-created; retry later.`,
    "ObjectIsBeingRecovered",
  );
}

function isDeleted(name: string): KeyVaultError {
  return new KeyVaultError(
    409,
    "Conflict",
    `Secret ${name} is currently in a deleted but recoverable state, and its name cannot be reused; in this state, the secret can only be recovered or purged.`,
    "ObjectIsDeletedButRecoverable",
  );
}
