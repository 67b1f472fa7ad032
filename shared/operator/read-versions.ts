import type { Deprecations } from "../http/deprecations.ts";
import type { Handlers } from "../http/endpoint.ts";
import { type Route, type RouteName, routes } from "../http/routes.ts";
import type { OrgUse, VersionUse } from "./version-use.ts";

/** A route that is to go, as the operator sees it. */
export interface DeprecatedView {
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly since: string;
  /** Null while it is not decided. */
  readonly sunset: string | null;
  readonly migration: string;
  readonly successor: string | null;
  readonly used_by: readonly UseView[];
}

export interface UseView {
  /** Null where nobody says who they are. */
  readonly org_id: string | null;
  /** A day, UTC. */
  readonly last_used_on: string;
  /** By month, UTC, the newest first. */
  readonly months: readonly { readonly month: string; readonly requests: number }[];
}

export interface VersionsDeps {
  readonly versionUse: Pick<VersionUse, "list">;
  readonly deprecations: Deprecations;
}

export function createVersionEndpoints(deps: VersionsDeps) {
  return {
    "operator-read-versions": async () => ({ status: 200, body: await readVersions(deps) }),
  } satisfies Partial<Handlers>;
}

/** Throws AppError `store_unavailable`. */
async function readVersions({
  versionUse,
  deprecations,
}: VersionsDeps): Promise<{ readonly deprecated: readonly DeprecatedView[] }> {
  const used = await versionUse.list();
  const rows = Object.entries(deprecations).map(([name, { since, sunset = null, migration, successor = null }]) => {
    const { method, path }: Route = routes[name as RouteName];
    const used_by = used.filter(({ route }) => route === name).map(view);
    return { route: name, method, path: `/${path}`, since, sunset, migration, successor, used_by };
  });
  return { deprecated: rows };
}

function view({ orgId, lastUsedOn, months }: OrgUse): UseView {
  const byMonth = Object.entries(months).map(([month, requests]) => ({ month, requests }));
  byMonth.sort((a, b) => (a.month < b.month ? 1 : -1));
  return { org_id: orgId, last_used_on: lastUsedOn, months: byMonth };
}
