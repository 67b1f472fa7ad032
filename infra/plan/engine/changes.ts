import { refusedPaths, replacingPaths, within } from "./fixed.ts";
import type { Kept, Registration } from "./registration.ts";
import { isObject, join, type Properties } from "./values.ts";

/** What a run does, or would do, to one resource. */
export interface Change {
  readonly operation: "create" | "same" | "update" | "replace" | "delete";
  readonly urn: string;
  readonly type: string;
  readonly name: string;
  readonly protect: boolean;
  /** Paths of inputs that differ from the last run's. */
  readonly changed: readonly string[];
  /** Those of them that the resource is replaced for. */
  readonly replacing: readonly string[];
  /** Those of them that Azure refuses to change on a resource that is there. */
  readonly refused: readonly string[];
}

/** What becomes of a resource of which `kept` is known from the last run. */
export function changeOf(registration: Registration, kept: Kept | undefined): Change {
  const changed = kept === undefined ? [] : changedPaths(kept.registration.inputs, registration.inputs);
  const counted = changed.filter((path) => !within(path, registration.ignoreChanges));
  const replacing = kept === undefined ? [] : replacingPaths(registration, counted);
  return {
    operation: operationOf(kept, counted, replacing),
    ...identityOf(kept?.registration ?? registration),
    changed: counted,
    replacing,
    refused: kept === undefined ? [] : refusedPaths(registration, counted),
  };
}

/** What becomes of a resource that the program no longer asks for. */
export function deletionOf({ registration }: Kept): Change {
  return { operation: "delete", ...identityOf(registration), changed: [], replacing: [], refused: [] };
}

/** Why a change cannot be; undefined: it can. What Azure refuses a preview does not know. */
export function refusalOf({ operation, protect, urn, refused }: Change, preview: boolean): string | undefined {
  if (operation === "replace" && protect)
    return `unable to replace resource "${urn}" as it is currently marked for protection`;
  if (operation === "delete" && protect) return `resource "${urn}" cannot be deleted because it is protected`;
  if (refused.length > 0 && !preview) return `Azure refuses to change ${refused.join(", ")} of "${urn}"`;
  return undefined;
}

function identityOf({ urn, type, name, protect }: Registration): Pick<Change, "urn" | "type" | "name" | "protect"> {
  return { urn, type, name, protect };
}

function operationOf(
  kept: Kept | undefined,
  changed: readonly string[],
  replacing: readonly string[],
): Change["operation"] {
  if (kept === undefined) return "create";
  if (replacing.length > 0) return "replace";
  return changed.length > 0 ? "update" : "same";
}

/** Paths at which two properties differ, as deep as possible: `sku.name`, `subnets[0].addressPrefix`. */
export function changedPaths(before: Properties, after: Properties): string[] {
  return differences(before, after, "");
}

function differences(before: unknown, after: unknown, path: string): string[] {
  if (Array.isArray(before) && Array.isArray(after) && before.length === after.length)
    return before.flatMap((item, index) => differences(item, after[index], join(path, index)));
  if (isObject(before) && isObject(after))
    return [...new Set([...Object.keys(before), ...Object.keys(after)])].flatMap((key) =>
      differences(before[key], after[key], join(path, key)),
    );
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [path];
}
