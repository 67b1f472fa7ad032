import { compareSchemas, type Pair } from "./compare-schemas.ts";
import { type Document, follow, type Media, type Operation, type Response, type Schema } from "./nodes.ts";

/**
 * What breaks callers of the contract `before` when they meet `after`: a line for each, which names it. Within a
 * version requests may become wider, and answers may get more members; nothing that somebody relies on goes.
 */
export function compareContracts(before: Document, after: Document): string[] {
  return Object.entries(before.paths).flatMap(([path, methods]) =>
    Object.entries(methods).flatMap(([method, old]) => {
      const at = `${method.toUpperCase()} ${path}`;
      const now = after.paths[path]?.[method];
      return now ? compareOperations(before, after, old, now, at) : [`${at} is gone`];
    }),
  );
}

function compareOperations(before: Document, after: Document, old: Operation, now: Operation, at: string): string[] {
  return [
    ...(old.operationId === now.operationId
      ? []
      : [`${at}: operationId was ${old.operationId}, is ${now.operationId}`]),
    ...compareSecurity(old, now, at),
    ...compareParameters({ before, after, way: "sent" }, old, now, at),
    ...compareBodies({ before, after, way: "sent" }, old, now, at),
    ...compareResponses({ before, after, way: "answered" }, old, now, at),
  ];
}

/** Each way to show who one is goes on working, with the same scopes. None at all is a way of its own. */
function compareSecurity(old: Operation, now: Operation, at: string): string[] {
  const waysOf = ({ security = [] }: Operation): string[] =>
    security.length === 0 ? ["{}"] : security.map((way) => JSON.stringify(way));
  const ways = waysOf(now);
  const gone = waysOf(old).filter((way) => !ways.includes(way) && !ways.includes("{}"));
  return gone.map((way) => `${at}: authentication by ${way} is gone; it is ${ways.join(" or ")}`);
}

function compareParameters(pair: Pair, old: Operation, now: Operation, at: string): string[] {
  const nameOf = (one: { name: string; in: string }): string => `${one.in} parameter ${one.name}`;
  const [before, after] = [old, now].map(
    ({ parameters = [] }) => new Map(parameters.map((one) => [nameOf(one), one])),
  ) as [
    Map<string, NonNullable<Operation["parameters"]>[number]>,
    Map<string, NonNullable<Operation["parameters"]>[number]>,
  ];
  const kept = [...before].flatMap(([name, one]) => {
    const next = after.get(name);
    if (!next) return [`${at}: the ${name} is gone`];
    const stricter = next.required && !one.required ? [`${at}: the ${name} is required now`] : [];
    return [...stricter, ...compareSchemas(pair, one.schema, oneOfList(one.schema, next.schema), `${at}: ${name}`)];
  });
  const added = [...after].filter(([name, one]) => !before.has(name) && one.required);
  return [...kept, ...added.map(([name]) => `${at}: the ${name} is new and required`)];
}

/** A list of one value is written as that value is: who sends one goes on doing so. */
function oneOfList({ type }: Schema, now: Schema): Schema {
  return now.type === "array" && type !== "array" && now.items ? now.items : now;
}

function compareBodies(
  pair: Pair,
  { requestBody: old }: Operation,
  { requestBody: now }: Operation,
  at: string,
): string[] {
  if (!old) return now?.required ? [`${at}: a body is required now`] : [];
  if (!now) return [`${at}: a body is not taken any more`];
  const stricter = now.required && !old.required ? [`${at}: a body is required now`] : [];
  return [...stricter, ...compareContents(pair, old.content, now.content, `${at}: body`)];
}

function compareResponses(pair: Pair, old: Operation, now: Operation, at: string): string[] {
  const gone = Object.entries(old.responses).flatMap(([status, response]) => {
    const next = now.responses[status];
    if (!next) return [`${at}: the status ${status} is gone`];
    return compareAnswers(pair, response, next, `${at}: ${status}`);
  });
  // An error that a caller does not know is one by its class; what is good has one meaning.
  const added = Object.keys(now.responses).filter((status) => status < "4" && !(status in old.responses));
  return [...gone, ...added.map((status) => `${at}: the status ${status} is new`)];
}

function compareAnswers(pair: Pair, old: Response, now: Response, at: string): string[] {
  const [a, b] = [follow<Response>(pair.before, old), follow<Response>(pair.after, now)];
  const headers = Object.keys(a.headers ?? {}).filter((name) => !(name in (b.headers ?? {})));
  return [
    ...headers.map((name) => `${at}: the header ${name} is gone`),
    ...compareContents(pair, a.content ?? {}, b.content ?? {}, at),
  ];
}

type Content = Readonly<Record<string, Media>>;

function compareContents(pair: Pair, old: Content, now: Content, at: string): string[] {
  return Object.entries(old).flatMap(([type, { schema }]) => {
    const next = now[type];
    if (!next) return [`${at}: the type ${type} is gone`];
    // A problem of a new code is one more reason for a status that is known: its `code` is open.
    if (!schema || !next.schema || type === "application/problem+json")
      return compareProblems(pair, schema, next.schema, at);
    return compareSchemas(pair, schema, next.schema, at);
  });
}

/** Codes of a status: those that were there stay, with their members. New ones may come. */
function compareProblems(pair: Pair, old: Media["schema"], now: Media["schema"], at: string): string[] {
  if (!old || !now) return [];
  const refsOf = (schema: NonNullable<Media["schema"]>) => (schema.oneOf ?? [schema]).map(({ $ref = "" }) => $ref);
  const left = refsOf(now);
  return refsOf(old).flatMap(($ref) => {
    const code = $ref.split("/problem.").at(-1);
    if (!left.includes($ref)) return [`${at}: the code ${code} is gone`];
    return compareSchemas(pair, { $ref }, { $ref }, `${at}: ${code}`);
  });
}
