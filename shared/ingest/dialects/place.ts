import { isJsonObject, type JsonObject } from "../../event/event.ts";

/**
 * Properties with what a dialect has beside them and we among them: `names` has its name there by its own. What would
 * hide another one stays in the rest, and so does all that `names` has not.
 */
export function place(
  properties: unknown,
  beside: JsonObject,
  names: Readonly<Record<string, string>>,
): { readonly properties: unknown; readonly rest: JsonObject } {
  // Properties that are none are told, and not hidden.
  if (properties !== undefined && properties !== null && !isJsonObject(properties)) return { properties, rest: beside };
  const taken: [string, unknown][] = [];
  const rest: [string, unknown][] = [];
  for (const [name, value] of Object.entries(beside)) {
    const ours = Object.hasOwn(names, name) ? names[name] : undefined;
    if (ours === undefined || value === null) rest.push([name, value]);
    else if (!properties || !Object.hasOwn(properties, ours)) taken.push([ours, text(value)]);
    else if (properties[ours] !== value) rest.push([name, value]);
  }
  return {
    properties: taken.length === 0 ? properties : { ...properties, ...Object.fromEntries(taken) },
    rest: Object.fromEntries(rest),
  };
}

/**
 * An id of an SDK's, apart from one's own and from those of other dialects; undefined for none. What can be none is
 * left as it is, and its event waits in quarantine for it: as a text it would be the same for all such, and all but the
 * first a duplicate.
 */
export function idUnder(prefix: string, id: unknown): unknown {
  if (id == null || id === "") return undefined;
  return typeof id === "string" || typeof id === "number" ? `${prefix}${id}` : id;
}

/** A text as it is, a number as a text, and an empty text as nothing: so SDKs say that there is none. */
export function text(value: unknown): unknown {
  if (typeof value === "number") return String(value);
  return value === "" ? undefined : value;
}
