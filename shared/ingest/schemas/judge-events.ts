import { AppError, type EventProblemCode } from "../../errors.ts";
import { type ClientEvent, isJsonObject, type JsonObject, type SchemaWarning } from "../../event/event.ts";
import type { Turns } from "../../runtime/turn.ts";
import type { CompiledSchema } from "../../schema/judge/compile-schema.ts";
import { isPlatformType } from "../../schema/platform-types.ts";
import { columnsOf as findColumns } from "../../schema/promoted/columns-of.ts";
import type { OrgSchemas, OrgSchemasReader, TypeContract } from "../../schema/registry/org-schemas.ts";
import type { HashKeyPlace, HashKeys } from "../../secrets/hash-keys.ts";
import type { Columns } from "../../store/columns.ts";
import { shorten } from "../describe.ts";
import { createPrivacy, type Privacy } from "../privacy/privacy.ts";
import type { RawEvent } from "../raw-batch.ts";
import { chooseVersion } from "./choose-version.ts";
import { type CompiledSchemas, ORG_BYTES } from "./compiled-schemas.ts";

/** What came of an event that was judged. */
export interface Verdict {
  /** The version of its type's schema that judged. */
  readonly version?: number;
  readonly problem?: SchemaWarning;
  /** Whether the problem keeps it out of the store, and is not only a warning. */
  readonly isRefused?: boolean;
  /** What its type promotes, of its `properties` as they are stored. */
  readonly columnsOf?: (properties: JsonObject | undefined) => Columns | undefined;
}

/** Undefined for an event that nothing judges and whose type promotes nothing. */
export type Judge = (event: ClientEvent) => Verdict | undefined;

/** Makes ready what judges the events of one request. Throws AppError `schemas_unavailable`. */
export type PrepareJudge = (events: readonly RawEvent[], turns: Turns) => Promise<Judge>;

/** What an org's schemas say of its events. */
export interface OrgRules {
  readonly prepareJudge: PrepareJudge;
  /** Undefined where no schema in force has a privacy rule. */
  readonly privacy: Privacy | undefined;
}

/**
 * By org. Undefined for one that has no schemas. `since`: what was registered before this time is known, and not only
 * what was known a while ago. Throws AppError `schemas_unavailable`, or `secrets_unavailable` where the key of its
 * privacy rules is not at hand.
 */
export type OpenJudge = (orgId: string, since?: number) => Promise<OrgRules | undefined>;

export interface JudgeDeps {
  readonly schemas: OrgSchemasReader;
  readonly hashKeys: Pick<HashKeys, "read">;
  readonly compiled: CompiledSchemas;
}

/** An event that does not fit has these: it is kept although nothing else in its request is valid. */
const codes: ReadonlySet<EventProblemCode> = new Set<EventProblemCode>([
  "schema_mismatch",
  "schema_too_costly",
  "schema_version_unknown",
  "type_unknown",
]);

export function isOfSchema(code: EventProblemCode): boolean {
  return codes.has(code);
}

export function createOpenJudge({ schemas, compiled, hashKeys }: JudgeDeps): OpenJudge {
  return async (orgId, since) => {
    const org = await schemas.read(orgId, since);
    if (!org) return undefined;
    return {
      prepareJudge: (events, turns) => prepareJudge(compiled, orgId, org, events, turns),
      privacy: org.hasRules ? createPrivacy(org, await hashKeys.read(keyOf(org))) : undefined,
    };
  };
}

/** Throws AppError `schemas_unavailable`: without a key, what a rule keeps out would be published. */
function keyOf({ hashKey }: OrgSchemas): HashKeyPlace {
  if (hashKey) return hashKey;
  throw new AppError("schemas_unavailable", "what the org's events are held against cannot be told", {
    reason: "a schema has privacy rules, and the org has no hash key",
    retryAfter: 30,
  });
}

/** What judges the events of one type that name one version, or none. */
type Prepared = (event: ClientEvent) => Verdict | undefined;

/** In no event: versions begin with 1. */
const NO_VERSION = 0;

async function prepareJudge(
  compiled: CompiledSchemas,
  orgId: string,
  org: OrgSchemas,
  events: readonly RawEvent[],
  turns: Turns,
): Promise<Judge> {
  const types = new Map<string, Map<number, Prepared | undefined>>();
  let bytes = 0;
  const find = async (
    name: string,
    schema: Parameters<CompiledSchemas["find"]>[2],
  ): Promise<CompiledSchema | undefined> => {
    if (bytes > ORG_BYTES) return undefined;
    const found = await compiled.find(orgId, name, schema, turns);
    bytes += found.bytes;
    return found;
  };
  for (const { type, version } of kindsOf(events)) {
    const versions = types.get(type) ?? new Map<number, Prepared | undefined>();
    types.set(type, versions);
    if (versions.has(version)) continue;
    versions.set(version, await prepareKind(org, type, version === NO_VERSION ? undefined : version, find));
    await turns.pause();
  }
  return (event) => types.get(event.event_type)?.get(event.schema_version ?? NO_VERSION)?.(event);
}

/** Type and version of each event that has them, whether it is valid or not. */
function* kindsOf(events: readonly RawEvent[]): Generator<{ readonly type: string; readonly version: number }> {
  for (const raw of events) {
    if (!("value" in raw) || !isJsonObject(raw.value)) continue;
    const { event_type: type, schema_version: version } = raw.value;
    if (typeof type !== "string") continue;
    yield { type, version: typeof version === "number" ? version : NO_VERSION };
  }
}

type Find = (name: string, schema: Parameters<CompiledSchemas["find"]>[2]) => Promise<CompiledSchema | undefined>;

async function prepareKind(
  { strict, types }: OrgSchemas,
  type: string,
  asked: number | undefined,
  find: Find,
): Promise<Prepared | undefined> {
  const contract = types.get(type);
  if (!contract) {
    if (!strict || isPlatformType(type)) return undefined;
    const message = "the org takes only types that are registered";
    return always({ problem: { code: "type_unknown", path: "event_type", message }, isRefused: true });
  }
  const judge = contract.mode === "off" ? undefined : await prepareContract(contract, type, asked, find);
  const { promoted } = contract;
  if (promoted.length === 0) return judge;
  const columnsOf: Verdict["columnsOf"] = (properties) => findColumns(type, promoted, properties);
  return (event) => ({ ...judge?.(event), columnsOf });
}

async function prepareContract(
  contract: TypeContract,
  type: string,
  asked: number | undefined,
  find: Find,
): Promise<Prepared | undefined> {
  const isRefused = contract.mode === "enforce";
  const choice = chooseVersion(contract, asked);
  if (choice.is === "free") return undefined;
  if (choice.is === "unknown") {
    const { message } = choice;
    return always({ problem: { code: "schema_version_unknown", path: "schema_version", message }, isRefused });
  }
  const { version, schema } = choice;
  const compiled = await find(`${version} ${type}`, schema);
  if (!compiled) {
    const message = "the schemas of this request's types take too much memory together: send fewer types at once";
    return always({ version, problem: { code: "schema_too_costly", path: "event_type", message }, isRefused });
  }
  return judgeBy(compiled, version, isRefused);
}

function always(verdict: Verdict): Prepared {
  return () => verdict;
}

function judgeBy({ findFault }: CompiledSchema, version: number, isRefused: boolean): Prepared {
  const fits: Verdict = { version };
  return ({ properties }) => {
    const fault = findFault(properties ?? {});
    if (!fault) return fits;
    const code = fault.isTooLong ? "schema_too_costly" : "schema_mismatch";
    return { version, problem: { code, path: shorten(fault.path), message: tell(fault.message, version) }, isRefused };
  };
}

/** Characters of a message: a pattern or a name in it can be long. */
const MOST = 500;

function tell(message: string, version: number): string {
  const short = message.length <= MOST ? message : `${message.slice(0, MOST).toWellFormed()}…`;
  return `${short} (version ${version})`;
}
