import { type Route, type RouteName, routes } from "../../shared/http/routes.ts";

/** What the Functions host answers by itself beside our routes: never from outside. */
const ofTheHost = ["admin", "runtime"];

/**
 * The patterns that Front Door lets through: the first part of every route's path, and what is below it. Front Door's
 * `/abc` is exact, and not in `/abc/*` (learn.microsoft.com/azure/frontdoor/front-door-route-matching). Never `/*`:
 * the host's own pages are behind it.
 */
export function patternsOf(table: Readonly<Record<string, Pick<Route, "path" | "slash">>>): string[] {
  const patterns = Object.entries(table).flatMap(([name, { path, slash }]) => {
    const [first = "", ...below] = path.split("/");
    if (!/^[\w.-]+$/.test(first) || ofTheHost.includes(first.toLowerCase()))
      throw new Error(`the route ${name} (${path}) would open "/${first}" at Front Door: give it a path of its own`);
    if (below.length > 0) return [`/${first}/*`];
    return slash ? [`/${first}`, `/${first}/*`] : [`/${first}`];
  });
  return [...new Set(patterns)].sort();
}

/** With `/`, which is exact: it leads to the docs. */
export const routePatterns: readonly string[] = ["/", ...patternsOf(routes)];

/** The paths that events are posted to. Their scope tells. */
export const ingestPaths: readonly string[] = (Object.keys(routes) as RouteName[])
  .map((name): Route => routes[name])
  .filter(({ method, access }) => method === "POST" && access === "events:write")
  .map(({ path }) => `/${path}`);
