import * as authorization from "@pulumi/azure-native/authorization/index.js";
import type * as pulumi from "@pulumi/pulumi";
import type { Settings } from "../config/settings.ts";

/**
 * A delete lock, where the stack wants them. `pulumi destroy` lifts it first, so it is for other hands; and it forbids besides that roles,
 * endpoints and diagnostic settings of what it locks are taken away.
 */
export function lockAgainstDeletion(
  name: string,
  scope: pulumi.Input<string>,
  { locks }: Settings,
  parent: pulumi.Resource,
): void {
  if (!locks) return;
  new authorization.ManagementLockByScope(
    name,
    { scope, lockName: "keeps-data", level: "CanNotDelete", notes: "It keeps data of tenants." },
    { parent },
  );
}
