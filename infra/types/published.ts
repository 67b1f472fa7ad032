import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** A reference into the file that it stands in: `#/3` is its fourth element. */
interface Reference {
  readonly $ref: string;
}

export interface Member {
  readonly type: Reference;
  /** 1 required, 2 read-only, 4 write-only, 8 known at deployment, 16 identifier. */
  readonly flags: number;
}

export interface ObjectType {
  readonly $type: "ObjectType";
  readonly name: string;
  readonly properties: Readonly<Record<string, Member>>;
  readonly additionalProperties?: Reference;
}

interface DiscriminatedObjectType {
  readonly $type: "DiscriminatedObjectType";
  readonly name: string;
  readonly discriminator: string;
  readonly baseProperties: Readonly<Record<string, Member>>;
  readonly elements: Readonly<Record<string, Reference>>;
}

export interface StringType {
  readonly $type: "StringType";
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly pattern?: string;
  readonly sensitive?: boolean;
}

export interface IntegerType {
  readonly $type: "IntegerType";
  readonly minValue?: number;
  readonly maxValue?: number;
}

export interface ArrayType {
  readonly $type: "ArrayType";
  readonly itemType: Reference;
  readonly minLength?: number;
  readonly maxLength?: number;
}

export type AzureType =
  | ObjectType
  | DiscriminatedObjectType
  | StringType
  | IntegerType
  | ArrayType
  | { readonly $type: "StringLiteralType"; readonly value: string }
  | { readonly $type: "UnionType"; readonly elements: readonly Reference[] }
  | { readonly $type: "BooleanType" | "AnyType" };

/** One resource type at one API version, as Azure publishes it for Bicep. */
export interface PublishedType {
  readonly version: string;
  readonly body: AzureType;
  at(reference: Reference): AzureType;
}

/** Finds a resource type at an API version; where that is not there, at the newest before it. Undefined: at none. */
export type FindType = (type: string, version: string) => Promise<PublishedType | undefined>;

/** Opens a folder of published types. Throws an Error if there are none in it. */
export async function openTypes(folder: string): Promise<FindType> {
  const files = (await readdir(folder)).filter((file) => /^[\w.]+_\w+@[\w-]+\.json$/.test(file)).sort();
  if (files.length === 0)
    throw new Error(`${folder} has no published types: files such as Microsoft.Web_sites@2025-03-01.json`);
  return async (type, version) => {
    const name = `${type.replaceAll("/", "_")}@`.toLowerCase();
    const found = files
      .filter((file) => file.toLowerCase().startsWith(name))
      .map((file) => ({ file, at: versionIn(file) }));
    const best = found.filter(({ at }) => at <= version).at(-1);
    return best && readType(join(folder, best.file), best.at);
  };
}

function versionIn(file: string): string {
  return file.slice(file.indexOf("@") + 1, -".json".length);
}

async function readType(file: string, version: string): Promise<PublishedType> {
  const elements = JSON.parse(await readFile(file, "utf8")) as readonly (AzureType & { readonly body?: Reference })[];
  const at = (reference: Reference): AzureType => {
    const element = elements[Number(reference.$ref.replace("#/", ""))];
    if (element === undefined) throw new Error(`${file}: nothing is at ${reference.$ref}`);
    return element;
  };
  const body = elements[0]?.body;
  if (body === undefined) throw new Error(`${file}: the first element is no resource type`);
  return { version, body: at(body), at };
}
