import { isJsonObject } from "../../event/event.ts";
import { type JsonSchema, pointTo, type SchemaProblem } from "../json-schema.ts";
import { stepsOf } from "../judge/check-references.ts";
import { schemaLimits } from "../judge/limits.ts";
import { type SchemaSurvey, surveySchema } from "../judge/survey-schema.ts";

/** What is done to a marked value before anything is published, the strongest first. */
export const privacyActs = ["drop", "hash", "truncate"] as const;
export type PrivacyAct = (typeof privacyActs)[number];

/** The keyword that marks a property. */
export const MARK = "x-pii";

/** What one schema within a schema says of the value that it stands at, and of what is within the value. */
export interface Rules {
  readonly act: PrivacyAct | undefined;
  /** Of members by their names. */
  readonly names: ReadonlyMap<string, readonly Rules[]>;
  /** Of all members but these. */
  readonly others: readonly Rules[];
  readonly known: ReadonlySet<string>;
  /** Of the first items, by index, and of those behind them. */
  readonly first: readonly (readonly Rules[])[];
  readonly rest: readonly Rules[];
}

/** What is said of a member, by all of the schemas that look at the object. */
export function rulesOfMember(rules: readonly Rules[], name: string): readonly Rules[] {
  return rules.flatMap(({ names, others, known }) => names.get(name) ?? (known.has(name) ? [] : others));
}

export function rulesOfItem(rules: readonly Rules[], index: number): readonly Rules[] {
  return rules.flatMap(({ first, rest }) => first[index] ?? rest);
}

/** Of several, the one that leaves the least. */
export function strongestOf(rules: readonly Rules[]): PrivacyAct | undefined {
  return privacyActs.find((act) => rules.some((one) => one.act === act));
}

export function leadIntoObject(rules: readonly Rules[]): boolean {
  return rules.some(({ names, others }) => names.size > 0 || others.length > 0);
}

export function leadIntoList(rules: readonly Rules[]): boolean {
  return rules.some(({ first, rest }) => first.length > 0 || rest.length > 0);
}

/** Whether a rule stands for members whatever their names: these may be as private as what is under them. */
export function hidesNames(rules: readonly Rules[]): boolean {
  const seen = new Set<Rules>(rules);
  for (const { others, names, first, rest } of seen) {
    if (others.length > 0) return true;
    for (const inner of [...names.values(), ...first, rest].flat()) seen.add(inner);
  }
  return false;
}

/** Keywords through which a mark cannot be followed: whether they look at a value hangs on what the value is. */
const closed: Readonly<Record<string, string>> = {
  not: "says what a value is not",
  contains: "holds for some items and not for others",
  propertyNames: "marks names, and not what stands under them",
  patternProperties: "marks what a pattern finds: name the properties, or use `additionalProperties`",
  unevaluatedProperties: "holds for what nothing else looked at: use `additionalProperties`",
  unevaluatedItems: "holds for what nothing else looked at: use `items`",
};

/** A way from one schema within a schema to another. */
interface Way {
  /** Where it is said. */
  readonly at: string;
  readonly keyword: string;
  readonly to: string;
}

type Marks = ReadonlySet<string>;

/**
 * What the marks of a sound schema say of `properties`. They hold by path alone: whichever branch of `anyOf` a value
 * takes, and whether it fits at all.
 */
export function findRules(schema: JsonSchema): readonly Rules[] {
  const survey = surveySchema(schema);
  const ways = new Map([...survey.nodes.keys()].map((pointer) => [pointer, waysOf(survey, pointer)]));
  return createRules(survey, ways, leadingTo(marksOf(survey), ways));
}

/** Whether a sound schema marks anything. */
export function hasMarks(schema: JsonSchema): boolean {
  return marksOf(surveySchema(schema)).size > 0;
}

/** The marks of a schema that is fit otherwise, and that could not be held to. */
export function checkMarks(schema: JsonSchema): SchemaProblem[] {
  return findUnheld(surveySchema(schema)).slice(0, schemaLimits.problems);
}

function findUnheld(survey: SchemaSurvey): SchemaProblem[] {
  const marks = marksOf(survey);
  if (marks.size === 0) return [];
  const ways = new Map([...survey.nodes.keys()].map((pointer) => [pointer, waysOf(survey, pointer)]));
  const leading = leadingTo(marks, ways);
  const reached = new Set<string>([""]);
  const problems: SchemaProblem[] = [];
  for (const pointer of reached) {
    const node = survey.nodes.get(pointer);
    for (const { at, keyword, to } of ways.get(pointer) ?? []) {
      const why =
        closed[keyword] ?? (isBesidePatterns(node, keyword) ? "stands beside `patternProperties`" : undefined);
      if (why === undefined) reached.add(to);
      else if (leading.has(to))
        problems.push({ pointer: at, message: `\`${MARK}\` behind it cannot be held to: it ${why}` });
    }
  }
  for (const pointer of marks) {
    if (problems.length === 0 && !reached.has(pointer))
      problems.push({ pointer: pointTo(pointer, MARK), message: "nothing leads here from the schema" });
  }
  for (const pointer of inPlaceOf("", ways)) {
    if (marks.has(pointer))
      problems.push({ pointer: pointTo(pointer, MARK), message: "marks a property, and not all of them" });
  }
  return [...problems, ...[...marks].flatMap((pointer) => checkTruncated(survey, pointer) ?? [])];
}

/** Only a text can be cut. */
function checkTruncated({ nodes }: SchemaSurvey, pointer: string): SchemaProblem | undefined {
  const node = nodes.get(pointer);
  if (!isJsonObject(node) || node[MARK] !== "truncate") return undefined;
  const types = [node.type].flat();
  if (types.includes("string") && types.every((type) => type === "string" || type === "null")) return undefined;
  return { pointer: pointTo(pointer, MARK), message: "only a text is truncated: the schema needs the type `string`" };
}

function marksOf({ nodes }: SchemaSurvey): Marks {
  return new Set([...nodes].flatMap(([pointer, node]) => (isJsonObject(node) && MARK in node ? [pointer] : [])));
}

function waysOf(survey: SchemaSurvey, pointer: string): readonly Way[] {
  const node = survey.nodes.get(pointer);
  if (!isJsonObject(node)) return [];
  const within = Object.entries(node).flatMap(([keyword, value]): Way[] => {
    const at = pointTo(pointer, keyword);
    if (!into.has(keyword)) return [];
    if (survey.nodes.has(at)) return [{ at, keyword, to: at }];
    return Object.keys(Object(value)).map((key) => ({ at: pointTo(at, key), keyword, to: pointTo(at, key) }));
  });
  const inPlace = stepsOf(survey, pointer).flatMap(({ at, keyword, target }) =>
    target === undefined ? [] : [{ at, keyword, to: target }],
  );
  return [...within, ...inPlace];
}

/** Keywords that look into a value. */
const into: ReadonlySet<string> = new Set([
  ...["properties", "patternProperties", "additionalProperties", "propertyNames", "unevaluatedProperties"],
  ...["items", "prefixItems", "contains", "unevaluatedItems"],
]);

function isBesidePatterns(node: unknown, keyword: string): boolean {
  return keyword === "additionalProperties" && isJsonObject(node) && "patternProperties" in node;
}

/** All from which a mark is reached, whatever leads there. */
function leadingTo(marks: Marks, ways: ReadonlyMap<string, readonly Way[]>): ReadonlySet<string> {
  const from = new Map<string, string[]>();
  for (const [pointer, all] of ways) {
    for (const { to } of all) from.set(to, [...(from.get(to) ?? []), pointer]);
  }
  const leading = new Set(marks);
  for (const pointer of leading) for (const before of from.get(pointer) ?? []) leading.add(before);
  return leading;
}

/** Itself, and what looks at the same value with it. */
function inPlaceOf(pointer: string, ways: ReadonlyMap<string, readonly Way[]>): ReadonlySet<string> {
  const found = new Set([pointer]);
  for (const one of found) {
    for (const { keyword, to } of ways.get(one) ?? []) if (!into.has(keyword) && !(keyword in closed)) found.add(to);
  }
  return found;
}

/** By pointer, so that a schema that leads back into itself is followed as deep as a value goes. */
function createRules(
  survey: SchemaSurvey,
  ways: ReadonlyMap<string, readonly Way[]>,
  leading: ReadonlySet<string>,
): readonly Rules[] {
  const made = new Map<string, Rules>();
  const at = (pointer: string): readonly Rules[] =>
    [...inPlaceOf(pointer, ways)].filter((one) => leading.has(one)).map(make);
  const make = (pointer: string): Rules => {
    const known = made.get(pointer);
    if (known) return known;
    const node = survey.nodes.get(pointer);
    const own = isJsonObject(node) ? node : {};
    const rules = {
      act: own[MARK] as PrivacyAct | undefined,
      names: new Map<string, readonly Rules[]>(),
      others: [] as Rules[],
      known: new Set(Object.keys(Object(own.properties))),
      first: [] as (readonly Rules[])[],
      rest: [] as Rules[],
    };
    made.set(pointer, rules);
    for (const name of rules.known) keep(rules.names, name, at(pointTo(pointTo(pointer, "properties"), name)));
    if ("additionalProperties" in own) rules.others.push(...at(pointTo(pointer, "additionalProperties")));
    if (Array.isArray(own.prefixItems))
      for (const i of own.prefixItems.keys()) rules.first.push(at(pointTo(pointTo(pointer, "prefixItems"), i)));
    if (rules.first.every((inner) => inner.length === 0) && !leading.has(pointTo(pointer, "items"))) rules.first = [];
    if ("items" in own) rules.rest.push(...at(pointTo(pointer, "items")));
    return rules;
  };
  return at("");
}

function keep(names: Map<string, readonly Rules[]>, name: string, rules: readonly Rules[]): void {
  if (rules.length > 0) names.set(name, rules);
}
