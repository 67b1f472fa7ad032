import { type Backlog, type ReadBacklog, tellBacklog } from "../pipeline/backlog.ts";
import type { SecretHolder } from "../secrets/secret-holder.ts";
import { chooseVersion, effectiveAt, isUsable, newestFirst, type SecretVersion } from "../secrets/secret-vault.ts";
import { type NewerFormats, type NewerFormatView, tellNewerFormats } from "../store/newer-formats.ts";
import type { Logger } from "../telemetry/log.ts";
import { isOwnVersion, ownSecretNames } from "./own-secrets.ts";
import { type TimerRuns, type TimerView, tellTimers } from "./timer-runs.ts";

export interface KeyVersionView {
  readonly version: string;
  /**
   * `next` is published and takes effect later. `retiring` verifies what it signed, until `ends_at`. `foreign` was
   * added by hand or by a newer release, and is not used.
   */
  readonly status: "next" | "signing" | "retiring" | "disabled" | "foreign";
  readonly created_at: string;
  readonly in_effect_at: string;
  readonly ends_at: string | null;
}

/** The operator's view of the service, as the answering instance knows it. */
export interface ServiceState {
  readonly secrets: readonly { readonly secret: string; readonly versions: readonly KeyVersionView[] }[];
  /** Null when it cannot be told. */
  readonly pipeline: Backlog | null;
  /** Null when it cannot be told. */
  readonly timers: readonly TimerView[] | null;
  /** Work that waits for an instance of a newer release, of the last 10 minutes. Null when it cannot be told. */
  readonly newer_formats: readonly NewerFormatView[] | null;
}

export interface StateDeps {
  readonly secrets: SecretHolder;
  readonly readBacklog: ReadBacklog;
  readonly timerRuns: TimerRuns;
  readonly newerFormats: Pick<NewerFormats, "list">;
  readonly log: Logger;
}

/** Throws AppError `secrets_unavailable`. */
export async function readState(deps: StateDeps, now: number): Promise<ServiceState> {
  const secrets = await Promise.all(
    ownSecretNames.map(async (secret) => {
      const { versions } = await deps.secrets.versions(secret);
      const isOwn = (version: SecretVersion): boolean => isOwnVersion(secret, version);
      const signing = chooseVersion(versions.filter(isOwn), now);
      const views = [...versions].sort(newestFirst).map((version) => {
        const shown = view(version, signing, now);
        return isOwn(version) || shown.status === "disabled" ? shown : { ...shown, status: "foreign" as const };
      });
      return { secret, versions: views };
    }),
  );
  const [pipeline, timers, newer_formats] = await Promise.all([
    tellBacklog(deps.readBacklog, deps.log),
    tellTimers(deps.timerRuns, now, deps.log),
    tellNewerFormats(deps.newerFormats, deps.log),
  ]);
  return { secrets, pipeline, timers, newer_formats };
}

function view(version: SecretVersion, signing: SecretVersion | undefined, now: number): KeyVersionView {
  return {
    version: version.version,
    status: statusOf(version, signing, now),
    created_at: new Date(version.createdAt).toISOString(),
    in_effect_at: new Date(effectiveAt(version)).toISOString(),
    ends_at: version.expiresAt === undefined ? null : new Date(version.expiresAt).toISOString(),
  };
}

function statusOf(version: SecretVersion, signing: SecretVersion | undefined, now: number): KeyVersionView["status"] {
  if (!isUsable(version, now)) return "disabled";
  if (version === signing) return "signing";
  return effectiveAt(version) > now ? "next" : "retiring";
}
