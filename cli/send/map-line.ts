import { createDeriveId } from "./derive-id.ts";
import { parseExactly, toText } from "./exact-json.ts";

/** Which fields of a line make an event. Without any of them, a line is an event already. */
export interface FieldMapping {
  readonly org?: string;
  readonly type?: string;
  readonly time?: string;
  readonly user?: string;
  readonly id?: string;
}

/** An event as it is sent. `event_id` is always there: without one, a second try would be a second event. */
export type OutgoingEvent = Readonly<Record<string, unknown>> & { readonly event_id: unknown };

export type MappedLine =
  | { readonly event: OutgoingEvent; readonly org: string | undefined }
  | { readonly problem: string };

/** `text` is undefined for a line that is not UTF-8. */
export type MapLine = (text: string | undefined, lineNumber: number) => MappedLine;

export type Fields = Readonly<Record<string, unknown>>;

/** A function that turns lines into events. An event that brings no id gets one that `sourceName` is part of. */
export function createLineMapper(mapping: FieldMapping, sourceName: string): MapLine {
  const { org: orgField, ...fieldsOfEvent } = mapping;
  const mapped = Object.values(fieldsOfEvent).some((field) => field !== undefined);
  const deriveId = createDeriveId(sourceName);
  return (text, lineNumber) => {
    const fields = parseObject(text);
    if (typeof fields === "string") return { problem: fields };
    const org = readText(fields, orgField);
    if (orgField !== undefined && org === undefined) return { problem: `has no text in "${orgField}"` };
    const own = withoutField(fields, orgField);
    const derive = (): string => deriveId(text ?? "", lineNumber);
    return { event: mapped ? buildEvent(own, mapping, derive) : withId(own, derive), org };
  };
}

/** The fields of a line, or why it has none. */
export function parseObject(text: string | undefined): Fields | string {
  if (text === undefined) return "is not UTF-8";
  try {
    const value = parseExactly(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Fields;
    return "is not a JSON object";
  } catch (error) {
    return `is not JSON: ${error instanceof Error ? error.message : String(error)}`;
  }
}

function withoutField(fields: Fields, field: string | undefined): Fields {
  if (field === undefined) return fields;
  const { [field]: _, ...others } = fields;
  return others;
}

/** What cannot be an id goes as it is, so that it is told. */
function withId(event: Fields, derive: () => string): OutgoingEvent {
  const { event_id } = event;
  if (event_id === undefined || event_id === null || event_id === "") return { ...event, event_id: derive() };
  return { ...event, event_id: toText(event_id) ?? event_id };
}

/** A mapped field that is not a text, or is an empty one, stays among the properties. */
function buildEvent(fields: Fields, mapping: FieldMapping, derive: () => string): OutgoingEvent {
  const properties: Record<string, unknown> = { ...fields };
  const take = (field: string | undefined): string | undefined => {
    const text = readText(fields, field);
    if (field !== undefined && text !== undefined) delete properties[field];
    return text;
  };
  const event_id = take(mapping.id) ?? derive();
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

function readText(fields: Fields, field: string | undefined): string | undefined {
  if (field === undefined || !Object.hasOwn(fields, field)) return undefined;
  return toText(fields[field]) || undefined;
}
