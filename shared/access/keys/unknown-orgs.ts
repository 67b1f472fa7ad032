import { AppError } from "../../errors.ts";
import { Allowance } from "../../runtime/allowance.ts";
import { reached } from "../../runtime/reached.ts";
import { Refreshed } from "../../runtime/refreshed.ts";
import type { IdentityStore } from "./identity-store.ts";

/**
 * Whether the store may be asked for the keys of an org that this instance does not know. Anyone can make up org ids,
 * and each would cost a query. But an instance knows no real org before its first request, and must not turn it away
 * for that.
 */
export interface UnknownOrgs {
  admit(orgId: string): boolean | Promise<boolean>;
  /**
   * Whether more orgs were tried a moment ago than are admitted without further ado. Then whoever has no good key must
   * get one answer, `floodError`, for an org that exists and for one that does not: else a flood finds out which exist.
   */
  isFlooded(): boolean;
}

export interface UnknownOrgOptions {
  /** Orgs asked for without further ado, in a second; twice as many at once. */
  readonly perSecond?: number;
  /** Age in ms at which the list of orgs is read again: an org that is younger waits for as long. */
  readonly listMs?: number;
  /** How long in ms the list is waited for. */
  readonly patienceMs?: number;
  readonly now?: () => number;
}

/** More than are new to an instance in quiet times. At 3 RU a query, a flood costs this beside the list. */
const PER_SECOND = 50;
/** How long a request that is not admitted waits before it tries again. */
const ORG_LIST_MS = 10_000;

/** The one answer of a flood. `reason` is for the log. */
export function floodError(reason?: string): AppError {
  return new AppError("identity_unavailable", "too many keys are tried that are not known here", {
    retryAfter: ORG_LIST_MS / 1000,
    ...(reason === undefined ? undefined : { reason }),
  });
}

/**
 * Up to `perSecond` every org is admitted. Beyond that, only those on the list of all orgs, which is then read at most
 * once in `listMs`. So a flood of made-up orgs costs the store no more, however wide it is, and an org that exists is
 * admitted at its first request.
 */
export function createUnknownOrgs(
  store: Pick<IdentityStore, "listOrgIds">,
  options: UnknownOrgOptions = {},
): UnknownOrgs {
  const { perSecond = PER_SECOND, listMs = ORG_LIST_MS, patienceMs = 2_000, now = Date.now } = options;
  const allowance = new Allowance({ most: 2 * perSecond, everyMs: 1_000 / perSecond, now });
  const list = new Refreshed(async () => new Set(await store.listOrgIds()), { waitMs: patienceMs, now });
  let floodedAt = Number.NEGATIVE_INFINITY;

  const isListed = async (orgId: string): Promise<boolean> => {
    if (list.held?.value.has(orgId)) return true;
    // An older list is still good, since orgs are not removed. An org that is not on it is told to come back.
    await list.lookAgain(listMs);
    return list.held?.value.has(orgId) ?? false;
  };

  return {
    admit: (orgId) => {
      if (allowance.take()) return true;
      reached("flood-of-unknown-orgs");
      floodedAt = now();
      return isListed(orgId);
    },
    isFlooded: () => Math.abs(now() - floodedAt) < listMs,
  };
}
