import { AppError } from "../../errors.ts";
import type { NewJob } from "../../jobs/start-job.ts";
import { requireType } from "../registry/read-registry.ts";
import type { RegistryStore } from "../registry/registry-store.ts";
import { BACKFILL_KIND, type BackfillParameters } from "./backfill-promoted.ts";

/**
 * The job that gives events of a type that are there what they are found by. It may be started again: what has been
 * given is read and not written. Throws AppError `schema_not_found`, `path_not_promoted` or `store_unavailable`.
 */
export async function planBackfill(
  store: Pick<RegistryStore, "catchUp" | "readType">,
  orgId: string,
  eventType: string,
): Promise<NewJob> {
  await store.catchUp(orgId);
  const { promoted = [] } = (await requireType(store, orgId, eventType)).value;
  if (promoted.length === 0)
    throw new AppError("path_not_promoted", `\`${eventType}\` promotes no path`, { members: { paths: [] } });
  const paths = promoted.map(({ path, since }) => ({ path, since }));
  const parameters: BackfillParameters = { event_type: eventType, paths };
  return { kind: BACKFILL_KIND, parameters: { ...parameters }, total: null };
}
