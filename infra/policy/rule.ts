import type { Condition } from "./conditions.ts";

interface Common {
  /** `Azure.…`: PSRule for Azure; `CKV…`: Checkov; `AVD-…`: Trivy; `headrace.…`: our own. */
  readonly ids: readonly [string, ...string[]];
  /** `web:WebApp`; `*`: all. */
  readonly type: string;
  /** Where the input is: `siteConfig.minTlsVersion`, `subnets[*].name`; "" is the resource itself. */
  readonly property: string;
}

/** A rule that is held. */
export interface Held extends Common {
  readonly verdict: "must" | "prod";
  readonly check: Condition;
  /** Where it does not count, by a component that is around the resource, and why. */
  readonly except?: { readonly within: string; readonly because: string };
}

/** A rule that is broken, as its check shows. */
export interface Broken extends Common {
  readonly verdict: "no";
  readonly check: Condition;
  readonly because: string;
}

/** A rule about what is not there: no resource of the type, or no such input, as its check shows. */
export interface Beside extends Common {
  readonly verdict: "n/a" | "option";
  readonly check?: Condition;
  readonly because: string;
}

/**
 * `must`: in every stack. `prod`: in every stack but `dev`. `no`: broken on purpose. `n/a`: there is nothing that it
 * could be about. `option`: for the subscription's owner to turn on.
 */
export type Rule = Held | Broken | Beside;
