import { isRead } from "../store/formats.ts";

/** A version of a secret, without its value. Times are ms since 1970, whole seconds. */
export interface SecretVersion {
  readonly version: string;
  readonly enabled: boolean;
  readonly createdAt: number;
  readonly notBefore: number | undefined;
  readonly expiresAt: number | undefined;
  /** Readable without the value: the part of a signing key that verifiers need is here. */
  readonly tags: Readonly<Record<string, string>>;
}

export interface NewVersion {
  readonly notBefore: number;
  readonly tags?: Readonly<Record<string, string>>;
}

/** A store of versioned secrets. Every method throws when it does not answer. */
export interface SecretVault {
  /** In no order; empty when there is no such secret. Reads no value. */
  listVersions(name: string): Promise<readonly SecretVersion[]>;
  readValue(name: string, version: string): Promise<string>;
  /** Makes a version, the newest from then on. */
  addVersion(name: string, value: string, version: NewVersion): Promise<SecretVersion>;
  changeVersion(
    name: string,
    version: string,
    change: { readonly enabled?: boolean; readonly expiresAt?: number },
  ): Promise<void>;
  /** All of its versions: no value can be read any more. One that is not there is fine. */
  deleteSecret(name: string): Promise<void>;
}

/** Whether this release can read what the version holds. One without a tag `v` was made by a release up to 0.4.0. */
export function isSecretRead({ tags: { v = "1" } }: SecretVersion): boolean {
  return isRead("secret", Number(v));
}

/** When a version takes effect. */
export function effectiveAt({ notBefore, createdAt }: SecretVersion): number {
  return notBefore ?? createdAt;
}

export function isUsable({ enabled, expiresAt }: SecretVersion, at: number): boolean {
  return enabled && (expiresAt === undefined || expiresAt > at);
}

/** The newest version in effect at a time. A vault's own "newest" may not be in effect yet. */
export function chooseVersion(versions: readonly SecretVersion[], at: number): SecretVersion | undefined {
  return versions.filter((version) => isUsable(version, at) && effectiveAt(version) <= at).sort(newestFirst)[0];
}

/**
 * The version that signs. There may be none in effect: for a moment after the first one was made, or after a leak on an
 * instance whose clock is behind. Then it is the one that takes effect next: it is published, and there is no other.
 */
export function chooseSigner(versions: readonly SecretVersion[], at: number): SecretVersion | undefined {
  return (
    chooseVersion(versions, at) ??
    versions
      .filter((version) => isUsable(version, at))
      .sort(newestFirst)
      .at(-1)
  );
}

/** By when they were made, which nobody can set; {@link newestFirst} goes by when they take effect. */
export function lastMadeFirst(a: SecretVersion, b: SecretVersion): number {
  return b.createdAt - a.createdAt || newestFirst(a, b);
}

export function newestFirst(a: SecretVersion, b: SecretVersion): number {
  return effectiveAt(b) - effectiveAt(a) || b.createdAt - a.createdAt || (a.version < b.version ? 1 : -1);
}
