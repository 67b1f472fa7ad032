import { badRequest } from "../errors.ts";
import { isArray, isObject, type Json, type JsonObject, type Value } from "../json.ts";
import { splitPath } from "../partition/definition.ts";

export interface OrderedPath {
  readonly path: readonly string[];
  readonly descending: boolean;
}

/** The parts of a container's indexing policy that the emulator uses. */
export interface IndexingPolicy {
  /** As it was sent, with defaults filled in; read back by clients. */
  readonly body: JsonObject;
  readonly composites: readonly (readonly OrderedPath[])[];
  /** Paths that are included one by one (`/timestamp/?`), not by a wildcard. */
  readonly explicit: readonly (readonly string[])[];
  /** Whether a wildcard includes more (`/*`, `/a/*`). */
  readonly subtrees: boolean;
  /** Whether values of the path are indexed; `[]` in it is any element of an array. */
  includes(path: readonly string[]): boolean;
}

interface Pattern {
  readonly keys: readonly string[];
  readonly wildcard: boolean;
}

const DEFAULT: JsonObject = {
  indexingMode: "consistent",
  automatic: true,
  includedPaths: [{ path: "/*" }],
  excludedPaths: [{ path: '/"_etag"/?' }],
};

/** Always indexed while the mode is consistent, whatever the policy lists. */
const ALWAYS = new Set(["id", "_ts"]);

/** @throws {CosmosError} 400 for a policy that the service would refuse */
export function parseIndexingPolicy(value: Value): IndexingPolicy {
  if (value !== undefined && !isObject(value)) throw badRequest("The indexing policy is not an object.");
  const body: JsonObject = { ...DEFAULT, ...value };
  const mode = body.indexingMode;
  if (mode !== "consistent" && mode !== "none")
    throw badRequest(`The indexing mode '${String(mode)}' is not supported.`);
  const included = readPaths(body.includedPaths).map(parsePattern);
  const excluded = readPaths(body.excludedPaths).map(parsePattern);
  if (
    mode === "consistent" &&
    ![...included, ...excluded].some((pattern) => pattern.wildcard && pattern.keys.length === 0)
  ) {
    throw badRequest('The special mandatory indexing path "/*" is not provided in any of the path type sets.');
  }
  return {
    body,
    composites: readComposites(body.compositeIndexes),
    explicit: included.filter((pattern) => !pattern.wildcard).map((pattern) => pattern.keys),
    subtrees: included.some((pattern) => pattern.wildcard),
    includes: (path) =>
      mode === "consistent" &&
      ((path.length === 1 && ALWAYS.has(path[0] ?? "")) || bestMatch(included, path) > bestMatch(excluded, path)),
  };
}

function readPaths(value: Value): readonly string[] {
  if (value === undefined) return [];
  if (!isArray(value)) throw badRequest("The paths of an indexing policy are a list.");
  return value.map(readPath);
}

function readPath(item: Json): string {
  const path = isObject(item) ? item.path : undefined;
  if (typeof path !== "string" || !path.startsWith("/"))
    throw badRequest("A path of an indexing policy starts with '/'.");
  return path;
}

function parsePattern(path: string): Pattern {
  const keys = splitPath(path);
  const last = keys.at(-1);
  if (last !== "?" && last !== "*") {
    throw badRequest(`The indexing path '${path}' could not be accepted: it must end in '/?' or '/*'.`);
  }
  return { keys: keys.slice(0, -1), wildcard: last === "*" };
}

/** How precisely the best pattern fits; -1 when none does. The more precise of included and excluded wins. */
function bestMatch(patterns: readonly Pattern[], path: readonly string[]): number {
  let best = -1;
  for (const { keys, wildcard } of patterns) {
    const fits = keys.every((key, index) => key === path[index] || key === "[]");
    if (!fits || (!wildcard && keys.length !== path.length) || keys.length > path.length) continue;
    best = Math.max(best, keys.length * 2 + (wildcard ? 0 : 1));
  }
  return best;
}

function readComposites(value: Value): readonly (readonly OrderedPath[])[] {
  if (value === undefined) return [];
  if (!isArray(value)) throw badRequest("The composite indexes are a list of lists.");
  return value.map((composite) => {
    if (!isArray(composite) || composite.length < 2) throw badRequest("A composite index has at least two paths.");
    return composite.map((item) => ({
      path: splitPath(readPath(item)),
      descending: isObject(item) && item.order === "descending",
    }));
  });
}

/** The composite that serves this ORDER BY: the same paths, in the same or all in the opposite directions. */
export function findComposite(
  policy: IndexingPolicy,
  order: readonly OrderedPath[],
): readonly OrderedPath[] | undefined {
  return policy.composites.find((composite) => {
    if (composite.length !== order.length) return false;
    const flips = composite.map((item, index) => {
      const wanted = order[index];
      return wanted && samePath(item.path, wanted.path) ? item.descending !== wanted.descending : undefined;
    });
    return flips[0] !== undefined && flips.every((flip) => flip === flips[0]);
  });
}

export function samePath(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, index) => key === b[index]);
}
