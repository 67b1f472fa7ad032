import { hash } from "node:crypto";
import type { JsonObject } from "../../event/event.ts";
import type { ColumnName, Columns } from "../../store/columns.ts";
import { find, toPath } from "../pointer.ts";

/** A path of a type, and the column that its values stand in. */
export interface PathColumn {
  readonly path: string;
  readonly column: ColumnName;
}

/** What events can be found by. Nothing else on a path is. */
export type Scalar = string | number | boolean;

/** Bytes: 132 bits of the hash. */
const LENGTH = 22;

/**
 * What a column has for a value: of one length for a short text and a long one, and different for each type of event,
 * path and value, so that nothing that stood in the column for another path is ever found by it.
 */
export function columnValue(eventType: string, path: string, value: Scalar): string {
  return hash("sha256", JSON.stringify([eventType, path, value]), "base64url").slice(0, LENGTH);
}

/** The columns of an event of this type; undefined when it has nothing on these paths. */
export function columnsOf(
  eventType: string,
  promoted: readonly PathColumn[],
  properties: JsonObject | null | undefined,
): Columns | undefined {
  if (!properties) return undefined;
  const columns: { [Name in ColumnName]?: string } = {};
  let isEmpty = true;
  for (const { path, column } of promoted) {
    const value = find(properties, toPath(path))?.value;
    if (typeof value !== "string" && typeof value !== "number" && typeof value !== "boolean") continue;
    columns[column] = columnValue(eventType, path, value);
    isEmpty = false;
  }
  return isEmpty ? undefined : columns;
}
