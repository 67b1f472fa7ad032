/**
 * What a property is while nobody knows it yet: outputs during a preview. Pulumi's own mark, on the wire and in
 * recorded inputs.
 */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export type Properties = Record<string, unknown>;

const KIND = "4dabf18193072939515e22adb298388d";
const SECRET = "1b47061264138c4ac30d75fd1eb44270";
const OUTPUT = "d0e6a833031e9bbcd3f4e8bde6ca49a4";
const RESOURCE = "5cf8f73096256a8f31e491e813e4eb8e";

export interface Decoded {
  readonly properties: Properties;
  /** Paths of what the program marked as secret. */
  readonly secrets: readonly string[];
}

/** Takes Pulumi's envelopes off: secrets and outputs become what is in them, resources their id. */
export function decode(wire: Properties): Decoded {
  const secrets: string[] = [];
  return { properties: toPlain(wire, "", secrets) as Properties, secrets };
}

export function isObject(value: unknown): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The path of a member: `sku.name`, `subnets[0]`. */
export function join(path: string, member: string | number): string {
  if (typeof member === "number") return `${path}[${member}]`;
  return path === "" ? member : `${path}.${member}`;
}

function toPlain(value: unknown, path: string, secrets: string[]): unknown {
  if (Array.isArray(value)) return value.map((item, index) => toPlain(item, join(path, index), secrets));
  if (!isObject(value)) return value;
  if (!(KIND in value))
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, toPlain(item, join(path, key), secrets)]),
    );
  if (value[KIND] === RESOURCE) return value.id ?? value.urn;
  if (value[KIND] === SECRET || value.secret === true) secrets.push(path);
  if (value[KIND] !== SECRET && value[KIND] !== OUTPUT) return value;
  return "value" in value ? toPlain(value.value, path, secrets) : UNKNOWN;
}
