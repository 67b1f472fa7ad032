import { eventBounds, isJsonObject } from "../event/event.ts";

/** What could be read of an event that cannot be stored, as it was sent: to find it by. */
export interface LegibleFields {
  readonly event_id?: string;
  readonly event_type?: string;
  readonly user_id?: string;
  readonly schema_version?: number;
}

/** Undefined for what is not even an object. Longer texts than any field takes are left out. */
export function legibleFieldsOf(value: unknown): LegibleFields | undefined {
  if (!isJsonObject(value)) return undefined;
  const { event_id, event_type, user_id, schema_version } = value;
  return {
    ...(isShort(event_id) && { event_id }),
    ...(isShort(event_type) && { event_type }),
    ...(isShort(user_id) && { user_id }),
    ...(typeof schema_version === "number" && Number.isSafeInteger(schema_version) && { schema_version }),
  };
}

function isShort(value: unknown): value is string {
  return typeof value === "string" && value.length <= eventBounds.identifier;
}
