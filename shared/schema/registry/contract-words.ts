/** How a version may go on: `changes` of what it is now. */
export const statusChanges = {
  draft: ["active", "retired"],
  active: ["deprecated", "retired"],
  deprecated: ["active", "retired"],
  retired: [],
} as const satisfies Record<string, readonly string[]>;

export const schemaStatuses = ["draft", "active", "deprecated", "retired"] as const;
export type SchemaStatus = (typeof schemaStatuses)[number];

/** What becomes of an event that does not fit: quarantine, a warning with it, nothing. */
export const schemaModes = ["enforce", "warn", "off"] as const;
export type SchemaMode = (typeof schemaModes)[number];

/** Whether events are held against versions of this status. */
export function judges(status: SchemaStatus): boolean {
  return status === "active" || status === "deprecated";
}

export function mayBecome(from: SchemaStatus, to: SchemaStatus): boolean {
  return statusChanges[from].some((status) => status === to);
}
