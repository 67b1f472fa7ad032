import { AppError } from "../errors.ts";
import type { Handlers, PrincipalCall } from "../http/endpoint.ts";
import { queryOf } from "../http/parameters.ts";
import { hasScope, type Principal, type RequireCurrent } from "../identity/principal.ts";
import type { OrgScope } from "../identity/roles.ts";
import { type ChangeDeps, continueJob, stopJob } from "./change-job.ts";
import type { JobDocument } from "./job.ts";
import { toJobView } from "./job-view.ts";
import { listJobs, readJob } from "./read-jobs.ts";
import type { JobActor } from "./tell-job.ts";

export type JobEndpointsDeps = Omit<ChangeDeps, "requireScope"> & {
  readonly actorOf: (call: PrincipalCall) => JobActor;
  readonly requireCurrent: RequireCurrent;
};

/** The endpoints of jobs. Each kind is started by an endpoint of its own. */
export function createJobEndpoints({ actorOf, requireCurrent, ...deps }: JobEndpointsDeps) {
  const change = (how: typeof stopJob) => async (call: PrincipalCall) => {
    const { principal, request } = call;
    const requireScope = async (scope: OrgScope) => {
      refuseWithout(principal, scope);
      await requireCurrent(principal, scope);
    };
    const job = await how({ ...deps, requireScope }, actorOf(call), principal.orgId, request.params.job_id ?? "");
    return { status: 200, body: toJobView(job) };
  };
  return {
    "list-jobs": async ({ request, principal }) => ({
      status: 200,
      body: await listJobs(deps.jobs, principal.orgId, queryOf(request)),
    }),
    "read-job": async ({ request, principal }) => ({
      status: 200,
      body: await readJob(deps, principal.orgId, request.params.job_id ?? ""),
    }),
    "stop-job": change(stopJob),
    "continue-job": change(continueJob),
  } satisfies Partial<Handlers>;
}

function refuseWithout(principal: Principal, scope: OrgScope): void {
  if (hasScope(principal, scope)) return;
  throw new AppError("scope_missing", `the credential lacks the scope \`${scope}\``, { members: { scope } });
}

/** The answer to what started a job. */
export function answerStarted(job: JobDocument) {
  return { status: 202, body: toJobView(job), headers: { location: `/api/v1/jobs/${job.id}` } };
}
