import type { JsonSchema } from "../../schema/json-schema.ts";
import type { TypeContract } from "../../schema/registry/org-schemas.ts";

/** Which version of its type's schema judges an event. */
export type Choice =
  /** None: the type has no version that is in force, and its events are free. */
  | { readonly is: "free" }
  | { readonly is: "unknown"; readonly message: string }
  | { readonly is: "chosen"; readonly version: number; readonly schema: JsonSchema };

/**
 * The version that the event names; it may be deprecated, but neither a draft nor retired. An event that names none has
 * the oldest active one, so that who began to send before there were versions goes on.
 */
export function chooseVersion({ versions }: TypeContract, asked: number | undefined): Choice {
  const inForce = [...versions].filter(([, { status }]) => status === "active" || status === "deprecated");
  const numbers = inForce.map(([version]) => version).sort((a, b) => a - b);
  const version = asked ?? numbers.find((number) => versions.get(number)?.status === "active");
  if (version === undefined) return { is: "free" };
  const found = versions.get(version);
  if (found && numbers.includes(version)) return { is: "chosen", version, schema: found.schema };
  const what = found
    ? `version ${version}, which is ${tell(found.status)}`
    : `version ${version}, which is not registered`;
  return { is: "unknown", message: `found ${what}, expected ${numbers.length > 0 ? numbers.join(" or ") : "none"}` };
}

function tell(status: string): string {
  return status === "draft" ? "a draft" : status;
}
