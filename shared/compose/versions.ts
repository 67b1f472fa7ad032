import { checkDeprecations, type Deprecations, deprecations as ours, type Versions } from "../http/deprecations.ts";
import { createCountUse } from "../operator/version-use.ts";
import type { Adapters } from "./adapters.ts";

/** What a release decides and no deployment: a test composes the product with versions that no release has yet. */
export interface Composition {
  /** Default: those of this release. */
  readonly deprecations?: Deprecations;
  /** How often the use of such a route is written for an org, at most, in ms. Default: 15 minutes. */
  readonly useEveryMs?: number;
}

/** What the endpoints know of versions. Throws RangeError for deprecations that break the policy. */
export function composeVersions(
  { versionUse }: Pick<Adapters, "versionUse">,
  { deprecations = ours, useEveryMs: everyMs }: Composition,
): Versions {
  checkDeprecations(deprecations);
  const countUse = createCountUse(versionUse, { now: Date.now, ...(everyMs === undefined ? {} : { everyMs }) });
  return { deprecations, countUse, now: Date.now };
}
