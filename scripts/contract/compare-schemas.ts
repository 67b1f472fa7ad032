import { type Document, follow, type Schema } from "./nodes.ts";

/** What is sent may become wider, what is answered may get more members. */
export type Way = "sent" | "answered";

export interface Pair {
  readonly before: Document;
  readonly after: Document;
  readonly way: Way;
}

/** Words that a value is held against, and how a number of them may change in what is sent. */
const lower = ["maximum", "maxLength", "maxItems", "exclusiveMaximum"];
const higher = ["minimum", "minLength", "minItems", "exclusiveMinimum"];

/** What of a schema breaks callers, each with its place. */
export function compareSchemas(pair: Pair, old: Schema, now: Schema, at: string, depth = 0): string[] {
  // A schema that holds itself has been compared by then.
  if (depth > 20) return [];
  const [a, b] = [follow<Schema>(pair.before, old), follow<Schema>(pair.after, now)];
  // Where one side alone has branches, what stands beside them is nothing to compare with.
  if (!branchesOf(a) !== !branchesOf(b)) return compareBranches(pair, a, b, at, depth);
  return [
    ...compareTypes(pair, a, b, at),
    ...compareValues(pair, a, b, at),
    ...comparePatterns(pair, a, b, at),
    ...compareMembers(pair, a, b, at, depth),
    ...compareBranches(pair, a, b, at, depth),
    ...(a.items && b.items ? compareSchemas(pair, a.items, b.items, `${at}[]`, depth + 1) : []),
  ];
}

function compareTypes({ way }: Pair, a: Schema, b: Schema, at: string): string[] {
  const [before, after] = [typesOf(a), typesOf(b)];
  if (before.length === 0 && after.length === 0) return [];
  const [wide, narrow] = way === "sent" ? [after, before] : [before, after];
  const isIn = (type: string): boolean => wide.includes(type) || (type === "integer" && wide.includes("number"));
  if (wide.length === 0 || (narrow.length > 0 && narrow.every(isIn))) return [];
  return [`${at}: type was ${before.join(" or ") || "any"}, is ${after.join(" or ") || "any"}`];
}

function typesOf({ type }: Schema): readonly string[] {
  return type === undefined ? [] : typeof type === "string" ? [type] : type;
}

function compareValues({ way }: Pair, a: Schema, b: Schema, at: string): string[] {
  const [before, after] = [valuesOf(a), valuesOf(b)];
  const [wide, narrow] = way === "sent" ? [after, before] : [before, after];
  if (wide === undefined) return [];
  if (narrow === undefined)
    return [`${at}: ${way === "sent" ? "values are listed now" : "values are not listed any more"}`];
  const gone = narrow.filter((value) => !wide.includes(value));
  const how = way === "sent" ? "is not taken any more" : "is new in an answer";
  return gone.map((value) => `${at}: the value ${value} ${how}`);
}

function valuesOf(schema: Schema): readonly string[] | undefined {
  if ("const" in schema) return [JSON.stringify(schema.const)];
  return schema.enum?.map((value) => JSON.stringify(value));
}

/** Bounds and forms. Of an answer they may be narrower, of what is sent wider. */
function comparePatterns({ way }: Pair, a: Schema, b: Schema, at: string): string[] {
  const [wide, narrow] = way === "sent" ? [b, a] : [a, b];
  const bounds = [...lower, ...higher].filter((word) => {
    const bound = wide[word];
    if (typeof bound !== "number") return false;
    const other = narrow[word];
    return typeof other !== "number" || (lower.includes(word) ? other > bound : other < bound);
  });
  const forms = ["pattern", "format"].filter((word) => wide[word] !== undefined && wide[word] !== narrow[word]);
  const known = (value: unknown): string => (value === undefined ? "none" : JSON.stringify(value));
  return [...bounds, ...forms].map((word) => `${at}: ${word} was ${known(a[word])}, is ${known(b[word])}`);
}

function compareMembers(pair: Pair, a: Schema, b: Schema, at: string, depth: number): string[] {
  const [before, after] = [a.properties ?? {}, b.properties ?? {}];
  const [needed, needs] = [a.required ?? [], b.required ?? []];
  const found: string[] = [];
  for (const [name, schema] of Object.entries(before)) {
    const now = after[name];
    if (now) found.push(...compareSchemas(pair, schema, now, `${at}.${name}`, depth + 1));
    else if (pair.way === "answered" || b.additionalProperties === false) found.push(`${at}.${name} is gone`);
  }
  if (pair.way === "answered") {
    const loose = needed.filter((name) => after[name] && !needs.includes(name));
    return [...found, ...loose.map((name) => `${at}.${name} may be missing now`)];
  }
  const strict = needs.filter((name) => !needed.includes(name));
  const shut = b.additionalProperties === false && a.properties && a.additionalProperties !== false;
  return [
    ...found,
    ...strict.map((name) => `${at}.${name} is required now`),
    ...(shut ? [`${at}: other members are refused now`] : []),
  ];
}

/** Each branch of the narrow side fits some branch of the wide one. A schema without branches is one of its own. */
function compareBranches(pair: Pair, a: Schema, b: Schema, at: string, depth: number): string[] {
  const [before, after] = [branchesOf(a), branchesOf(b)];
  if (before === undefined && after === undefined) return [];
  const [olds, nows] = [before ?? [a], after ?? [b]];
  const fits = (old: Schema, now: Schema): string[] => compareSchemas(pair, old, now, at, depth + 1);
  const narrow = pair.way === "sent" ? olds : nows.filter((now) => !isNewToAskFor(olds, now));
  return narrow.flatMap((one) => {
    const tries = pair.way === "sent" ? nows.map((now) => fits(one, now)) : olds.map((old) => fits(old, one));
    const [best = [`${at}: nothing of it is left`]] = tries.sort((x, y) => x.length - y.length);
    return best;
  });
}

/** A form of an answer that comes only to who asks for it, by a parameter that nobody could give before. */
function isNewToAskFor(olds: readonly Schema[], now: Schema): boolean {
  const by = now["x-asked-by"];
  return by !== undefined && olds.every((old) => old["x-asked-by"] !== by);
}

function branchesOf({ oneOf, anyOf }: Schema): readonly Schema[] | undefined {
  return oneOf ?? anyOf;
}
