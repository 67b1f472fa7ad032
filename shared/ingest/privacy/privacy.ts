import { createHmac } from "node:crypto";
import { toCanonical } from "../../schema/judge/canonical.ts";
import { findRules, type Rules } from "../../schema/privacy/rules.ts";
import { judges } from "../../schema/registry/contract-words.ts";
import type { OrgSchemas } from "../../schema/registry/org-schemas.ts";
import type { HashKey } from "../../secrets/hash-keys.ts";
import { MASKING_STEPS, type Masking } from "./mask-value.ts";

/** What an org's schemas ask to be kept out of what is published, of all versions that are in force. */
export interface Privacy {
  /** Undefined for a type that has no rules. */
  rulesOf(eventType: string): readonly Rules[] | undefined;
  /** What one event may still cost. */
  begin(of: Pick<Masking, "for" | "wasMasked">): Masking;
  /** Of bytes that cannot be read as an event, or a text that is made of them. */
  hashBytes(bytes: Uint8Array | string): string;
}

/** Rules of an org are made from its schemas when the first event of their type comes. */
const known = new WeakMap<OrgSchemas, Map<string, readonly Rules[]>>();

export function createPrivacy(org: OrgSchemas, key: HashKey): Privacy {
  const hash = (kind: "text" | "json" | "bytes", data: Uint8Array | string): string =>
    `h${key.number}.${createHmac("sha256", key.key).update(`${kind}\0`).update(data).digest("base64url")}`;
  return {
    rulesOf: (eventType) => {
      const rules = rulesOf(org, eventType);
      return rules.length > 0 ? rules : undefined;
    },
    begin: (of) => ({
      ...of,
      // The same for the same value, whatever its type and place: so events can be joined by it.
      hash: (value) => (typeof value === "string" ? hash("text", value) : hash("json", toCanonical(value))),
      left: MASKING_STEPS,
    }),
    hashBytes: (bytes) => hash("bytes", bytes),
  };
}

function rulesOf(org: OrgSchemas, eventType: string): readonly Rules[] {
  const contract = org.types.get(eventType);
  if (!contract) return [];
  const types = known.get(org) ?? new Map<string, readonly Rules[]>();
  known.set(org, types);
  const found =
    types.get(eventType) ??
    [...contract.versions.values()].flatMap(({ status, schema, hasRules }) =>
      hasRules && judges(status) ? findRules(schema) : [],
    );
  types.set(eventType, found);
  return found;
}
