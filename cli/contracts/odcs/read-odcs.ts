import { z } from "zod";
import { StackError } from "../../../local/launcher/stack-error.ts";
import { isRecord } from "../../../shared/schema/evolve/node.ts";
import { type Contract, contractSchema } from "../contract-files.ts";
import { customOf, type Element, readElement, validValuesOf } from "./element.ts";
import { custom } from "./write-odcs.ts";

interface Imported {
  readonly contracts: readonly Contract[];
  /** What the document says and a contract has no place for, by path. */
  readonly left: readonly string[];
}

const element = z.looseObject({ name: z.string().min(1), physicalName: z.string().min(1).optional() });
const documentSchema = z.looseObject({
  kind: z.literal("DataContract"),
  apiVersion: z.string().regex(/^v3\./, "expected v3"),
  schema: z.array(element).min(1),
});
type Document = z.output<typeof documentSchema>;

/**
 * The contracts of a document of the Open Data Contract Standard. Of one that was not exported from here each object of
 * `schema` is a type of its own, as a draft: nobody has asked yet whether its events fit. Throws a {@link StackError}.
 *
 * @param source what messages call it
 */
export function readOdcs(value: unknown, source: string): Imported {
  const document = check(documentSchema, value, source);
  const types = new Map<string, Document["schema"]>();
  for (const object of document.schema) {
    const type = eventTypeOf(document, object);
    types.set(type, [...(types.get(type) ?? []), object]);
  }
  const contracts = [...types].map(([type, objects]) =>
    check(contractSchema, toContract(document, type, objects), source),
  );
  return { contracts, left: findLeft(document) };
}

function check<S extends z.ZodType>(schema: S, value: unknown, source: string): z.output<S> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new StackError(`${source}: ${issue?.path.join(".") || "the document"}: ${issue?.message}`);
}

function eventTypeOf(document: Document, { name, physicalName }: Document["schema"][number]): string {
  const own = customOf(document, custom.eventType);
  return typeof own === "string" ? own : (physicalName ?? name);
}

function toContract(document: Document, event_type: string, objects: Document["schema"]): Element {
  const of = (name: string): unknown => customOf(document, name);
  const [loosened, promote] = [of(custom.loosened), of(custom.promote)];
  const { description } = document;
  const purpose = isRecord(description) ? description.purpose : undefined;
  return {
    ...{ event_type, owner: ownerOf(document), description: typeof purpose === "string" ? purpose : "" },
    ...{ mode: of(custom.mode) ?? "warn", compatibility: of(custom.compatibility) ?? "backward" },
    ...(loosened !== undefined && { loosened_because: loosened }),
    ...(promote !== undefined && { promote }),
    versions: objects.map(toVersion),
  };
}

/** The team, or until 3.0 its member with that role. */
function ownerOf({ team }: Document): string {
  if (isRecord(team)) return typeof team.name === "string" ? team.name : "";
  const members: unknown[] = Array.isArray(team) ? team : [];
  const owner = members.filter(isRecord).find(({ role }) => typeof role === "string" && role.toLowerCase() === "owner");
  return String(owner?.name ?? owner?.username ?? "");
}

function toVersion(object: Element, index: number): Element {
  const mapping = customOf(object, custom.mapping);
  return {
    version: customOf(object, custom.version) ?? index + 1,
    status: customOf(object, custom.status) ?? "draft",
    description: object.description ?? "",
    schema: readElement(object, true),
    examples: customOf(object, custom.examples) ?? [],
    ...(mapping !== undefined && { mapping }),
  };
}

const known = {
  document: [
    "apiVersion",
    "kind",
    "id",
    "name",
    "version",
    "status",
    "team",
    "description",
    "schema",
    "customProperties",
  ],
  object: [
    ...["name", "physicalName", "physicalType", "businessName", "description", "logicalType", "properties", "quality"],
    "customProperties",
  ],
  property: [
    ...["name", "businessName", "description", "examples", "logicalType", "logicalTypeOptions", "required", "quality"],
    ...["properties", "items", "customProperties"],
  ],
} as const;

function findLeft(document: Document): string[] {
  const objects = document.schema.flatMap((object) => leftOf(object, object.name, known.object));
  return [...unknownOf(document, "", known.document), ...objects];
}

function unknownOf(value: Element, path: string, names: readonly string[]): string[] {
  return Object.keys(value).flatMap((name) => (names.includes(name) ? [] : [join(path, name)]));
}

function leftOf(value: Element, path: string, names: readonly string[]): string[] {
  const { properties, items, quality } = value;
  const members = (Array.isArray(properties) ? properties : []).filter(isRecord);
  const checks: unknown[] = Array.isArray(quality) ? quality : [];
  return [
    ...unknownOf(value, path, names),
    ...checks.flatMap((one, index) => (validValuesOf(one) ? [] : [join(path, `quality ${index + 1}`)])),
    ...members.flatMap((member) => leftOf(member, join(path, String(member.name)), known.property)),
    ...(isRecord(items) ? leftOf(items, `${path}[]`, known.property) : []),
  ];
}

const join = (path: string, name: string): string => (path === "" ? name : `${path}.${name}`);
