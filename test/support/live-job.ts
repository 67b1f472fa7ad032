import { createCosmosJobStore } from "../../shared/jobs/cosmos-job-store.ts";
import type { JobDocument } from "../../shared/jobs/job.ts";
import { DISCARD_KIND } from "../../shared/quarantine/discard-found.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import type { Containers } from "../../shared/store/cosmos.ts";

/** A live job that no message asks for, so that it stays where it is until somebody does. Gives its id. */
export async function makeLiveJob(
  { jobs }: Pick<Containers, "jobs">,
  orgId: string,
  place: number,
  more: Partial<JobDocument> = {},
): Promise<string> {
  const at = new Date().toISOString();
  const id = uuidv7(Date.now());
  const job: JobDocument & { readonly place: number } = {
    ...{ id, org_id: orgId, kind: DISCARD_KIND, state: "waiting", parameters: { reason: "a test of ours", to: at } },
    ...{ total: null, cursor: null, steps: 0, counts: {}, errors: [], created_at: at, moved_at: at },
    created_by: { subject: "member:m", client_address: "192.0.2.1", request_id: "r" },
    ...more,
    place,
  };
  if (!(await createCosmosJobStore(jobs).create(job))) throw new Error(`place ${place} is taken`);
  return id;
}
