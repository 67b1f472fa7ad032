import { isJsonObject, type JsonObject } from "../../event/event.ts";
import { pointTo, type SchemaProblem } from "../json-schema.ts";
import { checkPattern, type PatternCount } from "./check-pattern.ts";
import { checkValue } from "./check-value.ts";
import { kindOfKeyword, refusalOf } from "./keywords.ts";
import { schemaLimits } from "./limits.ts";

/** A schema within a schema. */
export type SchemaNode = JsonObject | boolean;

/** What a schema is made of. */
export interface SchemaSurvey {
  /** By its pointer; whatever holds a schema comes before it. */
  readonly nodes: ReadonlyMap<string, SchemaNode>;
  /** Pointers by `$anchor`. */
  readonly anchors: ReadonlyMap<string, string>;
  readonly problems: readonly SchemaProblem[];
}

interface Walk {
  readonly nodes: Map<string, SchemaNode>;
  readonly anchors: Map<string, string>;
  readonly patterns: PatternCount;
  readonly problem: (pointer: string, message: string) => void;
}

/** Visits each schema within one of bounded depth, and looks at what stands under each of its keywords. */
export function surveySchema(root: JsonObject): SchemaSurvey {
  const problems: SchemaProblem[] = [];
  const problem = (pointer: string, message: string): void => {
    if (problems.length < schemaLimits.problems) problems.push({ pointer, message });
  };
  const walk: Walk = {
    nodes: new Map(),
    anchors: new Map(),
    patterns: { count: 0, steps: 0, classes: new Set() },
    problem,
  };
  visit(walk, root, "");
  if (walk.nodes.size > schemaLimits.schemas) problem("", `has more than ${schemaLimits.schemas} schemas within it`);
  return { nodes: walk.nodes, anchors: walk.anchors, problems };
}

function visit(walk: Walk, value: unknown, pointer: string): void {
  if (!isJsonObject(value) && typeof value !== "boolean") {
    walk.problem(pointer, "must be a schema: an object, true or false");
    return;
  }
  walk.nodes.set(pointer, value);
  if (typeof value === "boolean" || walk.nodes.size > schemaLimits.schemas) return;
  for (const [name, inner] of Object.entries(value)) {
    const at = pointTo(pointer, name);
    const message = visitKeyword(walk, name, inner, pointer, at);
    if (message !== undefined) walk.problem(at, message);
  }
}

/** What is wrong at the keyword itself, and not within what stands under it. */
function visitKeyword(walk: Walk, name: string, value: unknown, pointer: string, at: string): string | undefined {
  const kind = kindOfKeyword(name);
  switch (kind) {
    case undefined:
      return refusalOf(name);
    case "schema":
      visit(walk, value, at);
      return undefined;
    case "schemas":
      return visitList(walk, value, at);
    case "schema map":
    case "pattern map":
      return visitMap(walk, value, at, kind === "pattern map");
    case "pattern":
      return checkPattern(value, walk.patterns);
    case "anchor":
      return keepAnchor(walk, value, pointer);
    case "id":
      return pointer === "" ? checkValue(kind, value) : "a schema within the schema has no `$id`; use `$anchor`";
    default:
      return checkValue(kind, value);
  }
}

function visitList(walk: Walk, value: unknown, at: string): string | undefined {
  if (!Array.isArray(value) || value.length === 0) return "must be a list of at least one schema";
  for (const [i, inner] of value.entries()) visit(walk, inner, pointTo(at, i));
  return undefined;
}

function visitMap(walk: Walk, value: unknown, at: string, byPattern: boolean): string | undefined {
  if (!isJsonObject(value)) return "must be an object of schemas";
  for (const [name, inner] of Object.entries(value)) {
    const message = byPattern ? checkPattern(name, walk.patterns) : undefined;
    if (message !== undefined) walk.problem(pointTo(at, name), message);
    visit(walk, inner, pointTo(at, name));
  }
  return undefined;
}

function keepAnchor(walk: Walk, value: unknown, pointer: string): string | undefined {
  if (typeof value !== "string" || !/^[A-Za-z_][-A-Za-z0-9._]*$/.test(value))
    return "must be a name of letters, digits, `-`, `.` and `_`";
  if (walk.anchors.has(value)) return "another schema has this anchor";
  walk.anchors.set(value, pointer);
  return undefined;
}
