import { armPathOf } from "../plan/arm-paths.ts";
import { armNameOf } from "../plan/engine/arm-id.ts";
import type { Registration } from "../plan/engine/registration.ts";
import type { Properties } from "../plan/engine/values.ts";
import { apiVersionOf } from "./api-version.ts";
import { checkValue, type Finding } from "./check-value.ts";
import { reasonFor } from "./exceptions.ts";
import type { FindType } from "./published.ts";

export interface Checked {
  readonly registration: Registration;
  /**
   * The API version that azure-native uses, and the published one that it was held against; undefined: none is
   * published.
   */
  readonly version: string;
  readonly against: string | undefined;
  readonly findings: readonly Finding[];
  /** Inputs that are right all the same, and why. */
  readonly excepted: readonly { readonly path: string; readonly reason: string }[];
}

/** Holds every input of a resource of azure-native against Azure's published type. */
export async function checkResource(registration: Registration, find: FindType): Promise<Checked> {
  const { type } = armPathOf(registration.type);
  const version = apiVersionOf(registration.type);
  const published = await find(type, version);
  if (published === undefined) {
    const finding: Finding = {
      kind: "unknown",
      path: "",
      message: `no ${type}@${version}, or one before it, is published there`,
    };
    return { registration, version, against: undefined, findings: [finding], excepted: [] };
  }
  const all = checkValue(published.body, bodyOf(registration), "", published);
  const findings: Finding[] = [];
  const excepted: { path: string; reason: string }[] = [];
  for (const finding of all) {
    const reason = reasonFor(registration.type, finding);
    if (reason === undefined) findings.push(finding);
    else excepted.push({ path: finding.path, reason });
  }
  return { registration, version, against: published.version, findings, excepted };
}

/** What goes into ARM's body: all but what is in the path, of which the name is checked too. */
function bodyOf(registration: Registration): Properties {
  const { parameters } = armPathOf(registration.type);
  const inputs = Object.entries(registration.inputs).filter(([key]) => !parameters.includes(key));
  return { ...Object.fromEntries(inputs), name: armNameOf(registration) };
}
