import type { Handlers } from "../../http/endpoint.ts";
import { queryOf } from "../../http/parameters.ts";
import { type QueryAuditDeps, queryAudit } from "./query-audit.ts";

export function createAuditEndpoints(deps: QueryAuditDeps) {
  return {
    "query-audit": async ({ request, principal }) => ({
      status: 200,
      body: await queryAudit(deps, principal, queryOf(request)),
    }),
  } satisfies Partial<Handlers>;
}
