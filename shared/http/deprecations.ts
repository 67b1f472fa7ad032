import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";
import type { RouteName } from "./routes.ts";

/** What is said of a route that is to go. Times are RFC 3339. */
export interface Deprecation {
  /** From when on nobody should begin with it; it may lie ahead. */
  readonly since: string;
  /** From when on it is 410. Not given: that is not decided yet. */
  readonly sunset?: string;
  /** The page that says how to move: a path of ours, or an address. */
  readonly migration: string;
  /** The path of what takes its place; its parameters are filled in from the request. */
  readonly successor?: string;
}

/** The routes that are to go, by name. */
export type Deprecations = { readonly [Name in RouteName]?: Deprecation };

/** Those of this release: none. `docs/api.md` has the policy. */
export const deprecations: Deprecations = {};

/** Counts a request of an org, or of nobody known, to a route that is to go. Never waits and never fails. */
export type CountUse = (route: RouteName, orgId: string | null) => void;

/** What the endpoints know of versions. */
export interface Versions {
  readonly deprecations: Deprecations;
  readonly countUse: CountUse;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** Both versions stand side by side at least this long. */
const SIDE_BY_SIDE_MONTHS = 6;

/** Throws RangeError for a table that breaks the policy, or says what no header can. */
export function checkDeprecations(table: Deprecations): void {
  for (const [name, { since, sunset, migration }] of Object.entries(table)) {
    const [begins, ends] = [timeOf(name, since), sunset === undefined ? Infinity : timeOf(name, sunset)];
    if (ends < addMonths(begins, SIDE_BY_SIDE_MONTHS))
      throw new RangeError(`${name}: its sunset is less than ${SIDE_BY_SIDE_MONTHS} months after its deprecation`);
    if (!/^[!#$&-;=?-Z_a-z~%]+$/.test(migration) || !URL.canParse(migration, "https://example.com"))
      throw new RangeError(`${name}: "${migration}" is not the address of a page`);
  }
}

function timeOf(name: string, text: string): number {
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new RangeError(`${name}: "${text}" is not a time`);
  return time;
}

function addMonths(time: number, months: number): number {
  const date = new Date(time);
  return date.setUTCMonth(date.getUTCMonth() + months);
}

/**
 * The fields of each answer of such a route: `Deprecation` (RFC 9745, section 2), `Sunset` (RFC 8594, section 3), and a
 * `Link` for each of the relations of these two and for the successor (RFC 5829, section 3.4).
 */
export function deprecationFields(
  { since, sunset, migration, successor }: Deprecation,
  { params }: Pick<HttpRequest, "params">,
): Readonly<Record<string, string>> {
  const links = [
    `<${migration}>; rel="deprecation"; type="text/html"`,
    ...(sunset === undefined ? [] : [`<${migration}>; rel="sunset"; type="text/html"`]),
    ...(successor === undefined ? [] : [`<${fill(successor, params)}>; rel="successor-version"`]),
  ];
  return {
    deprecation: `@${Math.floor(Date.parse(since) / 1000)}`,
    ...(sunset === undefined ? undefined : { sunset: new Date(sunset).toUTCString() }),
    link: links.join(", "),
  };
}

function fill(path: string, params: Readonly<Record<string, string>>): string {
  return path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params[name] ?? name));
}

/** Throws AppError `version_gone` after the sunset. Nobody is asked who they are: it is gone for everyone. */
export function refuseGone({ sunset, migration, successor }: Deprecation, now: number): void {
  if (sunset === undefined || now < Date.parse(sunset)) return;
  const members = { ended_at: new Date(sunset).toISOString(), migration, ...(successor && { successor }) };
  throw new AppError("version_gone", `this ended at ${members.ended_at}; ${migration} says how to move`, { members });
}
