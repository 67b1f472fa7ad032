import type { Handlers, PrincipalCall } from "../../http/endpoint.ts";
import { readJson } from "../../http/read-json.ts";
import { answerStarted } from "../../jobs/endpoints.ts";
import type { JobDocument } from "../../jobs/job.ts";
import type { NewJob } from "../../jobs/start-job.ts";
import type { JobActor } from "../../jobs/tell-job.ts";
import { backfillBody } from "../registry/registry-bodies.ts";
import type { RegistryStore } from "../registry/registry-store.ts";
import { planBackfill } from "./start-backfill.ts";

export interface BackfillEndpointsDeps {
  readonly registry: Pick<RegistryStore, "catchUp" | "readType">;
  readonly actorOf: (call: PrincipalCall) => JobActor;
  /** Throws AppError `too_many_jobs` or `store_unavailable`. */
  readonly startJob: (actor: JobActor, orgId: string, job: NewJob) => Promise<JobDocument>;
}

/** The endpoint that makes events of before found by what their type promotes. */
export function createBackfillEndpoints({ registry, actorOf, startJob }: BackfillEndpointsDeps) {
  return {
    "backfill-schema-type": async (call) => {
      const { event_type } = await readJson(call.request, backfillBody);
      const job = await planBackfill(registry, call.principal.orgId, event_type);
      return answerStarted(await startJob(actorOf(call), call.principal.orgId, job));
    },
  } satisfies Partial<Handlers>;
}
