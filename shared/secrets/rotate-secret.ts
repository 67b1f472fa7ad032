import { reached } from "../runtime/reached.ts";
import { formats } from "../store/formats.ts";
import type { Logger } from "../telemetry/log.ts";
import type { WithLease } from "./lease.ts";
import {
  chooseVersion,
  effectiveAt,
  isSecretRead,
  isUsable,
  lastMadeFirst,
  newestFirst,
  type SecretVault,
  type SecretVersion,
} from "./secret-vault.ts";

/** A secret that Headrace makes itself. */
export interface OwnSecret {
  readonly name: string;
  /** Age in ms at which a version is followed by a new one. */
  readonly rotateMs: number;
  /**
   * How long in ms a version's signatures are good for, clock skew included; a version that is not used any more is
   * disabled after it. Undefined if they are good for ever.
   */
  readonly signedLivesMs: number | undefined;
  /**
   * Whether a version is one of ours: an operator can add any, by mistake. Others are never used, and end with a leak.
   */
  isOwn(version: SecretVersion): boolean;
  make(): Promise<{ readonly value: string; readonly tags?: Readonly<Record<string, string>> }>;
}

export interface RotateDeps {
  readonly vault: SecretVault;
  readonly withLease: WithLease;
  /** Cache lifetime in ms: a new version takes effect when every instance has had as long to fetch it. */
  readonly cacheMs: number;
  readonly now: () => number;
}

export interface Rotated {
  /** The version that was made, if one was due. */
  readonly made: SecretVersion | undefined;
  /** The versions that were disabled. */
  readonly disabled: readonly string[];
}

export type Rotation =
  /** A new version when the newest is old enough. */
  | { readonly kind: "due" }
  /** A new version, unless `replaces` is not the newest any more: then somebody has made one already. */
  | { readonly kind: "planned"; readonly replaces: string }
  /** The same, in effect at once, and all earlier ones are disabled at once. */
  | { readonly kind: "leaked"; readonly replaces: string };

/**
 * Brings a secret's versions to their due state, whatever was done before and by whom. Makes one new version where it
 * is wanted, gives an end to those that a newer one has replaced, and disables those that have reached their end. Every
 * step is safe to repeat. Undefined when another instance is at it.
 */
export async function rotateSecret(
  deps: RotateDeps,
  secret: OwnSecret,
  rotation: Rotation,
  log: Logger,
): Promise<Rotated | undefined> {
  const { vault, withLease, cacheMs, now } = deps;
  return withLease(`rotate-${secret.name}`, async (signal) => {
    const listed = (await vault.listVersions(secret.name)).filter(({ enabled }) => enabled);
    const versions = ownVersions(listed, secret).sort(newestFirst);
    const made = isWanted(versions, secret, rotation, { now: now(), cacheMs })
      ? await makeVersion(versions, signal)
      : undefined;
    const kept = made ?? lastMade(versions);
    const disabled =
      rotation.kind === "leaked"
        ? await disableAll(listed.filter(({ version }) => version !== kept?.version))
        : await retire(made ? [made, ...versions] : versions, signal);
    return { made, disabled };
  });

  async function makeVersion(versions: readonly SecretVersion[], signal: AbortSignal): Promise<SecretVersion> {
    const { value, tags = {} } = await secret.make();
    // A version that does not exist is not used, and a leaked one must not be.
    const isUrgent = rotation.kind === "leaked" || !versions.some((version) => isUsable(version, now()));
    const notBefore = isUrgent ? now() : now() + cacheMs;
    // This process may have stood still, and another one may have done it.
    signal.throwIfAborted();
    const made = await vault.addVersion(secret.name, value, {
      notBefore: wholeSeconds(notBefore),
      tags: { ...tags, v: String(formats.secret.writes) },
    });
    log.info("a secret has a new version", {
      secret: secret.name,
      version: made.version,
      in_effect_at: new Date(effectiveAt(made)).toISOString(),
      rotation: rotation.kind,
    });
    return made;
  }

  async function retire(ordered: readonly SecretVersion[], signal: AbortSignal): Promise<string[]> {
    const current = chooseVersion(ordered, now());
    const disabled: string[] = [];
    for (const version of ordered) {
      if (current === undefined || version === current || newestFirst(version, current) < 0) continue;
      signal.throwIfAborted();
      if (!isUsable(version, now())) disabled.push(...(await disableAll([version])));
      else if (version.expiresAt === undefined && secret.signedLivesMs !== undefined) {
        // An instance signs with it until its next look, at most a cache lifetime from now. After that, its signatures
        // must still run out.
        reached("version-gets-end");
        const expiresAt = wholeSeconds(now() + cacheMs + secret.signedLivesMs) + 1_000;
        await vault.changeVersion(secret.name, version.version, { expiresAt });
      }
    }
    return disabled;
  }

  async function disableAll(versions: readonly SecretVersion[]): Promise<string[]> {
    for (const { version } of versions) {
      await vault.changeVersion(secret.name, version, { enabled: false });
      log.info("a secret's version is disabled", { secret: secret.name, version });
    }
    return versions.map(({ version }) => version);
  }
}

/** The enabled versions that Headrace made, but for those of a newer release. */
export function ownVersions(versions: readonly SecretVersion[], secret: OwnSecret): SecretVersion[] {
  return versions.filter((version) => version.enabled && isSecretRead(version) && secret.isOwn(version));
}

export function lastMade(versions: readonly SecretVersion[]): SecretVersion | undefined {
  return [...versions].sort(lastMadeFirst)[0];
}

interface Moment {
  readonly now: number;
  readonly cacheMs: number;
}

function isWanted(
  versions: readonly SecretVersion[],
  secret: OwnSecret,
  rotation: Rotation,
  { now, cacheMs }: Moment,
): boolean {
  const newest = lastMade(versions);
  if (newest === undefined) return true;
  if (rotation.kind !== "due") return newest.version === rotation.replaces;
  if (now - newest.createdAt >= secret.rotateMs) return true;
  // Someone gave the newest an end, or disabled it, so that only those are left that have one.
  const neededUntil = now + 2 * cacheMs + (secret.signedLivesMs ?? 0);
  return !versions.some((version) => isUsable(version, neededUntil));
}

/** Key Vault keeps times in whole seconds. */
function wholeSeconds(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}

/** Whether the timer has anything to do, judged by the instance's own copy. Key Vault is asked only if it has. */
export function isRotationDue(versions: readonly SecretVersion[], secret: OwnSecret, moment: Moment): boolean {
  const { now } = moment;
  const own = ownVersions(versions, secret);
  if (isWanted(own, secret, { kind: "due" }, moment)) return true;
  const current = chooseVersion(own, now);
  return own.some(
    (version) =>
      current !== undefined &&
      newestFirst(version, current) > 0 &&
      (!isUsable(version, now) || (version.expiresAt === undefined && secret.signedLivesMs !== undefined)),
  );
}
