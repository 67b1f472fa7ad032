import { AppError } from "../errors.ts";
import type { FoundEvent } from "../event/event-store.ts";
import { applyMapping, type Mapping } from "../schema/evolve/mapping.ts";
import type { SchemaTypeDocument } from "../schema/registry/registry-documents.ts";
import type { RegistryStore } from "../schema/registry/registry-store.ts";

/** An event in the shape of another version of its type; `mapped_from` is the one that it was stored in. */
export type MappedEvent = FoundEvent & { readonly mapped_from?: number };
export type ReadAs = (event: FoundEvent) => MappedEvent;

export interface ReadAsOptions {
  readonly asVersion: number;
  readonly eventTypes: readonly string[] | undefined;
  /** The versions that are asked for; all of the type's where there are none. */
  readonly schemaVersions: readonly number[] | undefined;
}

/** An event that names no version is as old as any. */
const FIRST = 1;

/**
 * How events of a type are read in the shape of one of its versions: by the mappings from each version to the next.
 * Throws AppError `invalid_parameter`, `no_mapping` with the versions that can be read so, or `store_unavailable`.
 */
export async function openReadAs(
  registry: Pick<RegistryStore, "catchUp" | "readType">,
  orgId: string,
  { asVersion, eventTypes, schemaVersions }: ReadAsOptions,
): Promise<ReadAs> {
  const [eventType, another] = eventTypes ?? [];
  if (eventType === undefined || another !== undefined)
    throw invalid("`as_version` is a version of one type: it goes with one `event_type`");
  await registry.catchUp(orgId);
  const type = (await registry.readType(orgId, eventType))?.value;
  const versions = type?.versions.filter(({ status }) => status !== "draft") ?? [];
  const known = versions.map(({ version }) => version);
  if (!type || !known.includes(asVersion))
    throw invalid(`\`${eventType}\` has no version ${asVersion} that events could have; it has ${list(known)}`);
  const steps = stepsTo(type, asVersion);
  const asked = schemaVersions ?? known;
  const readable = [asVersion, ...steps.keys()].toSorted((a, b) => a - b);
  if (asked.some((version) => !readable.includes(version))) throw noMapping(asVersion, readable);
  return (event) => mapEvent(event, steps, asVersion);
}

/** From each version that leads there, the mapping to the next one. */
function stepsTo({ versions }: SchemaTypeDocument, asVersion: number): ReadonlyMap<number, Mapping> {
  const steps = new Map<number, Mapping>();
  for (let version = asVersion; version > FIRST; version--) {
    const mapping = versions.find((one) => one.version === version)?.mapping;
    if (!mapping) break;
    steps.set(version - 1, mapping);
  }
  return steps;
}

function mapEvent(event: FoundEvent, steps: ReadonlyMap<number, Mapping>, asVersion: number): MappedEvent {
  const from = event.schema_version ?? FIRST;
  if (!steps.has(from)) return event;
  let properties = event.properties ?? {};
  for (let version = from; version < asVersion; version++) {
    const mapping = steps.get(version);
    if (mapping) properties = applyMapping(properties, mapping);
  }
  return { ...event, schema_version: asVersion, properties, mapped_from: from };
}

function invalid(detail: string): AppError {
  return new AppError("invalid_parameter", detail, { members: { parameter: "as_version" } });
}

function noMapping(asVersion: number, readable: readonly number[]): AppError {
  const detail = `no mappings lead from each version that is asked for to version ${asVersion}`;
  const fix = `name those that do in \`schema_version\`: ${list(readable)}`;
  return new AppError("no_mapping", `${detail}; ${fix}`, { members: { versions: readable } });
}

function list(versions: readonly number[]): string {
  return versions.length === 0 ? "none" : versions.join(", ");
}
