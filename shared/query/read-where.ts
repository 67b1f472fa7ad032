import { AppError } from "../errors.ts";
import type { ColumnFilter } from "../event/event-store.ts";
import { columnValue, type Scalar } from "../schema/promoted/columns-of.ts";
import { completeFromOf, type PromotedPath } from "../schema/promoted/promoted-path.ts";
import type { RegistryStore } from "../schema/registry/registry-store.ts";
import type { ColumnName } from "../store/columns.ts";

/** What is asked for by promoted paths. */
export interface Where {
  readonly columns: readonly ColumnFilter[];
  /** Of events that were received before, some may be missing; null: none is. */
  readonly completeFrom: string | null;
}

/**
 * Reads filters such as `/cost:12`: several of one path are several values of it, and an event has to fit every path.
 * Throws AppError `invalid_parameter`, `path_not_promoted` with the paths that work, or `store_unavailable`.
 */
export async function openWhere(
  registry: Pick<RegistryStore, "catchUp" | "readType">,
  orgId: string,
  where: readonly string[],
  eventTypes: readonly string[] | undefined,
): Promise<Where> {
  const [eventType, another] = eventTypes ?? [];
  if (eventType === undefined || another !== undefined)
    throw invalid("a type promotes its own paths: `where` goes with one `event_type`");
  await registry.catchUp(orgId);
  const promoted = (await registry.readType(orgId, eventType))?.value.promoted ?? [];
  const asked = where.map((text) => readFilter(eventType, promoted, text));
  const values = new Map<ColumnName, string[]>();
  for (const { path, value } of asked)
    values.set(path.column, [...(values.get(path.column) ?? []), columnValue(eventType, path.path, value)]);
  const times = asked.flatMap(({ path }) => completeFromOf(path) ?? []);
  return {
    columns: [...values].map(([column, some]) => ({ column, values: [...new Set(some)].sort() })),
    completeFrom: times.sort().at(-1) ?? null,
  };
}

/** A name may have a colon, so the longest path that the text begins with is meant. */
function readFilter(
  eventType: string,
  promoted: readonly PromotedPath[],
  text: string,
): { readonly path: PromotedPath; readonly value: Scalar } {
  const fitting = promoted.filter(({ path }) => text.startsWith(`${path}:`));
  const path = fitting.toSorted((a, b) => b.path.length - a.path.length)[0];
  if (path) return { path, value: readValue(text, text.slice(path.path.length + 1)) };
  const paths = promoted.map((one) => one.path);
  const works = paths.length > 0 ? `those that are: ${paths.join(", ")}` : "none is";
  const detail = `${JSON.stringify(text.slice(0, 100))} names no path that \`${eventType}\` promotes; ${works}`;
  throw new AppError("path_not_promoted", `${detail}. A filter is \`<path>:<value>\``, { members: { paths } });
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** As JSON has a number, `true`, `false` and a text in quotes; anything else is a text as it stands. */
function readValue(filter: string, text: string): Scalar {
  const refuse = (why: string): AppError => invalid(`\`where\` is ${JSON.stringify(filter.slice(0, 100))}: ${why}`);
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") throw refuse('`null` is not found by a filter; the text is `"null"`, in quotes');
  if (text.startsWith('"')) return readQuoted(text) ?? fail(refuse("a text in quotes is one of JSON"));
  if (!NUMBER.test(text)) return text;
  const number = Number(text);
  if (Math.abs(number) <= Number.MAX_SAFE_INTEGER) return number;
  throw refuse(`expected a number of at most ${Number.MAX_SAFE_INTEGER}, or a text, in quotes`);
}

function readQuoted(text: string): string | undefined {
  try {
    return String(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function fail(error: AppError): never {
  throw error;
}

function invalid(detail: string): AppError {
  return new AppError("invalid_parameter", detail, { members: { parameter: "where" } });
}
