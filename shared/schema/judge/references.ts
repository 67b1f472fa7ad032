import type { SchemaSurvey } from "./survey-schema.ts";

/** The pointer of the schema that a local reference names; undefined when there is none. */
export function resolveReference({ nodes, anchors }: SchemaSurvey, reference: string): string | undefined {
  const fragment = decode(reference.slice(1));
  const pointer = fragment === "" || fragment?.startsWith("/") ? fragment : anchors.get(fragment ?? "");
  return pointer !== undefined && nodes.has(pointer) ? pointer : undefined;
}

/** A fragment of a URI is written with `%` (RFC 6901, section 6). */
function decode(fragment: string): string | undefined {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return undefined;
  }
}
