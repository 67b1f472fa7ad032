/** Which fields of a line make an event. Without any of them, a line is an event already. */
export interface FieldMapping {
  readonly org?: string;
  readonly type?: string;
  readonly time?: string;
  readonly user?: string;
  readonly id?: string;
}

/** An event as it is sent. `event_id` is always there: without one, a second try would be a second event. */
export type OutgoingEvent = Readonly<Record<string, unknown>> & { readonly event_id: string };

export type MappedLine =
  | { readonly event: OutgoingEvent; readonly org: string | undefined }
  | { readonly problem: string };

export type MapLine = (text: string, lineNumber: number) => MappedLine;

/**
 * A function that turns lines into events. `sourceName` and the line's number make the id of an event that brings none.
 */
export function createLineMapper(mapping: FieldMapping, sourceName: string): MapLine {
  const mapped = Object.values(mapping).some((field) => field !== undefined);
  const orgOnly = mapped && Object.entries(mapping).every(([name, field]) => name === "org" || field === undefined);
  return (text, lineNumber) => {
    const fields = parseObject(text);
    if (typeof fields === "string") return { problem: fields };
    const derivedId = `${sourceName}:${lineNumber}`;
    const org = mapping.org === undefined ? undefined : readText(fields, mapping.org);
    if (mapping.org !== undefined && org === undefined) return { problem: `has no text in "${mapping.org}"` };
    if (!mapped || orgOnly) {
      const { [mapping.org ?? ""]: _org, ...event } = fields;
      return { event: { ...event, event_id: readText(fields, "event_id") ?? derivedId }, org };
    }
    return { event: buildEvent(fields, mapping, derivedId), org };
  };
}

function buildEvent(fields: Record<string, unknown>, mapping: FieldMapping, derivedId: string): OutgoingEvent {
  const properties = { ...fields };
  const take = (field: string | undefined): string | undefined => {
    if (field === undefined) return undefined;
    delete properties[field];
    return readText(fields, field);
  };
  take(mapping.org);
  const event_id = take(mapping.id) ?? derivedId;
  const event_type = take(mapping.type);
  const timestamp = take(mapping.time);
  const user_id = take(mapping.user);
  return {
    event_id,
    ...(event_type === undefined ? {} : { event_type }),
    ...(timestamp === undefined ? {} : { timestamp }),
    ...(user_id === undefined ? {} : { user_id }),
    properties,
  };
}

/** Numbers and booleans make a text too: many exports have numeric ids. */
function readText(fields: Record<string, unknown>, field: string): string | undefined {
  const value = fields[field];
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" || typeof value === "boolean" ? String(value) : undefined;
}

function parseObject(text: string): Record<string, unknown> | string {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    return "is not a JSON object";
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}
