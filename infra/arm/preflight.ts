import type { Arm } from "./arm-client.ts";
import { checkFlex } from "./check-flex.ts";
import { checkQuota } from "./check-quota.ts";
import { checkSubscription } from "./check-subscription.ts";
import type { Wanted } from "./wanted.ts";

export interface PreflightOptions {
  /** Nothing of the stack is there yet: it needs room for all of it. */
  readonly isNew: boolean;
}

/**
 * Asks the subscription itself for what ARM would find missing only half way, or never: it takes any runtime version
 * and memory size, and the app then does not start. Reads, and changes nothing. Throws an Error with everything that is
 * wrong.
 */
export async function preflight(arm: Arm, wanted: Wanted, { isNew }: PreflightOptions): Promise<void> {
  const checks = [checkSubscription, checkFlex, ...(isNew ? [checkQuota] : [])];
  const findings = (await Promise.all(checks.map((check) => check(arm, wanted)))).flat();
  if (findings.length === 0) return;
  const lines = findings.map(({ key, message }) => `  - ${key}: ${message}`);
  throw new Error(
    `Nothing was ${isNew ? "created" : "changed"}: the subscription or the region lacks something\n${lines.join("\n")}`,
  );
}
