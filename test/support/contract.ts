import { Ajv2020 } from "ajv/dist/2020.js";
import { makeContract } from "../../shared/contract/openapi.ts";
import { type Route, routes } from "../../shared/http/routes.ts";

export type Node = { [name: string]: unknown };

export const limits = {
  bodyBytes: 4 * 1024 * 1024,
  unpackedBytes: 20 * 1024 * 1024,
  events: 5_000,
  eventBytes: 256 * 1024,
  eventTypes: 1_000,
};

/** The contract as this checkout has it, with the usual limits. */
export const contract = makeContract({ limits, version: "0.0.0" });

export interface Got {
  readonly method: string;
  readonly path: string;
  /** Names of the query's parameters; none by default. */
  readonly asked?: readonly string[];
  readonly status: number;
  readonly contentType: string | null;
  /** Names of its headers, in small letters; nothing is said of them by default. */
  readonly headers?: Iterable<string>;
  readonly text: string;
}

/** What an answer of HTTP has anyway, and what only browsers read of a page: no caller of the API goes by them. */
const usualHeaders = new Set([
  ...["connection", "content-length", "content-type", "date", "keep-alive", "transfer-encoding"],
  ...["cache-control", "content-security-policy", "referrer-policy", "vary", "x-content-type-options"],
  // The worker's own, in its streaming mode.
  "x-ms-invocation-id",
]);

/** What an answer has that the document does not say; undefined when all is well, or it is of no route. */
export type CheckAnswer = (got: Got) => string | undefined;

/** Checks answers against a document. A member that it does not name is a fault here, though a client must bear it. */
export function createCheckAnswer(document: object): CheckAnswer {
  const closed = close(structuredClone(document)) as { paths: Record<string, Node> };
  const ajv = new Ajv2020({ strict: false, allErrors: true, validateFormats: false });
  ajv.addSchema({ $id: "contract", ...closed });
  ajv.addSchema({ $id: "unasked", ...(dropAsked(structuredClone(closed)) as object) });
  return ({ method, path, asked = [], status, contentType, headers = [], text }) => {
    const template = findPath(path);
    if (template === undefined) return undefined;
    const name = method === "HEAD" ? "get" : method.toLowerCase();
    const operation = closed.paths[template]?.[name] as { responses: Record<string, Node> } | undefined;
    if (!operation) return undefined;
    const where = `${method} ${template} ${status}`;
    const response = operation.responses[status];
    if (!response) return `${where} is not in the contract: ${text.slice(0, 300)}`;
    const pointer = pointerTo(response, template, name, status);
    const { content, headers: described = {} } = follow(closed, response) as { content?: Node; headers?: Node };
    const known = new Set(Object.keys(described).map((each) => each.toLowerCase()));
    const unknown = [...headers].filter((each) => !known.has(each) && !usualHeaders.has(each));
    if (unknown.length > 0) return `${where} has headers that the contract does not have: ${unknown.join(", ")}`;
    if (method === "HEAD" || (content === undefined && text === "")) return undefined;
    const type = contentType?.split(";")[0] ?? "";
    if (content?.[type] === undefined) return `${where} is ${type}, and not ${Object.keys(content ?? {}).join(", ")}`;
    const isLines = type === "application/x-ndjson";
    if (!type.endsWith("json")) return undefined;
    const media = escapePart(isLines ? "application/json" : type);
    const of = `${pointer}/content/${media}/schema${isLines ? "/properties/events/items" : ""}`;
    const validate = ajv.getSchema(`${asked.includes("select") ? "contract" : "unasked"}#${of}`);
    if (!validate) throw new Error(`no schema at ${pointer}`);
    const bad = (isLines ? text.split("\n").slice(0, -1) : [text]).find((one) => !validate(JSON.parse(one)));
    if (bad === undefined) return undefined;
    validate(JSON.parse(bad));
    return `${where}: ${ajv.errorsText(validate.errors)}: ${bad.slice(0, 600)}`;
  };
}

/** Without the forms of an answer that come only to who asks for them by a parameter. */
function dropAsked(node: unknown): unknown {
  if (Array.isArray(node)) return node.filter((one: Node) => one?.["x-asked-by"] === undefined).map(dropAsked);
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(Object.entries(node).map(([name, value]) => [name, dropAsked(value)]));
}

function pointerTo({ $ref }: Node, template: string, name: string, status: number): string {
  return typeof $ref === "string" ? $ref.slice(1) : `/paths/${escapePart(template)}/${name}/responses/${status}`;
}

function follow(document: object, node: Node): Node {
  if (typeof node.$ref !== "string") return node;
  return node.$ref
    .slice(2)
    .split("/")
    .reduce<Node>((at, part) => at[part] as Node, document as Node);
}

const escapePart = (part: string): string => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1"));

/** Objects that an answer has are closed, so that a member that nobody described is found. */
function close(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(close);
  if (typeof node !== "object" || node === null) return node;
  const entries = Object.entries(node).map(([name, value]) => [name, close(value)] as const);
  const made: Node = Object.fromEntries(entries);
  return made.type === "object" && made.properties !== undefined ? { additionalProperties: false, ...made } : made;
}

const templates = Object.values<Route>(routes).map(({ path }) => `/${path}`);
const matchers = [...new Set(templates)].map((template) => {
  const pattern = template.replaceAll(".", "\\.").replaceAll(/\{\w+\}/g, "[^/]+");
  return { template, pattern: new RegExp(`^${pattern}$`, "i"), parts: template.split("{").length };
});

/** The path of the contract that the host chooses: the one with the fewest parameters. */
function findPath(path: string): string | undefined {
  const found = matchers.filter(({ pattern }) => pattern.test(path));
  return found.sort((a, b) => a.parts - b.parts)[0]?.template;
}
