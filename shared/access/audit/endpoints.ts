import type { Handlers } from "../../http/endpoint.ts";
import { type QueryAuditDeps, queryAudit } from "./query-audit.ts";

export function createAuditEndpoints(deps: QueryAuditDeps) {
  return {
    "query-audit": async ({ request, principal }) => ({
      status: 200,
      body: await queryAudit(deps, principal, request.query),
    }),
  } satisfies Partial<Handlers>;
}
