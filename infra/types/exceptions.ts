import { within } from "../plan/engine/fixed.ts";
import type { Finding } from "./check-value.ts";

interface Exception {
  readonly type: string;
  readonly path: string;
  readonly kind: Finding["kind"];
  readonly reason: string;
}

/** Findings that are right all the same. */
const exceptions: readonly Exception[] = [
  {
    type: "azure-native:web:WebApp",
    path: "functionAppConfig.siteUpdateStrategy",
    kind: "unknown",
    reason: "Azure added it in 2025-05-01, which azure-native uses; the newest published type is 2025-03-01",
  },
];

/** Why a finding stands for nothing; undefined: it stands. */
export function reasonFor(type: string, finding: Finding): string | undefined {
  if (finding.kind === "unknown" && /(^|\.)description$/.test(finding.path))
    return "published types are often cut from their descriptions, and lose the property of that name with them";
  const known = exceptions.find(
    (exception) => exception.type === type && exception.kind === finding.kind && within(finding.path, [exception.path]),
  );
  return known?.reason;
}
