import { z } from "zod";
import type { JobKind } from "../jobs/job.ts";
import type { NewJob } from "../jobs/start-job.ts";
import { type ActOnFoundDeps, createFoundKind } from "./act-on-found.ts";
import type { FoundCounts } from "./count-quarantine.ts";
import { type DiscardDeps, decideToDiscard, discardReason } from "./discard-quarantined.ts";
import { type FindFoundDeps, findNow, foundParameters } from "./found-filters.ts";
import { quarantineFilters } from "./quarantine-parameters.ts";

export const discardFoundBody = z.strictObject({
  reason: discardReason,
  ...quarantineFilters,
  dry_run: z.boolean().default(false).describe("Only counts what would be discarded"),
});

export const DISCARD_KIND = "discard-quarantined";

/**
 * What a filter finds, and by which job it is to be discarded. Throws AppError `invalid_parameter` or
 * `store_unavailable`.
 */
export async function findToDiscard(
  deps: FindFoundDeps,
  orgId: string,
  { reason, dry_run, ...asked }: z.output<typeof discardFoundBody>,
): Promise<{ readonly counts: FoundCounts; readonly job: NewJob }> {
  const { counts, filters, total } = await findNow(deps, orgId, asked);
  return { counts, job: { kind: DISCARD_KIND, parameters: { reason, ...filters }, total } };
}

const parametersSchema = z.object({ reason: z.string(), ...foundParameters });

export type DiscardFoundDeps = ActOnFoundDeps & Omit<DiscardDeps, "keys">;

/** Discards what a filter found when it was asked. */
export function createDiscardKind(deps: DiscardFoundDeps): JobKind<z.output<typeof parametersSchema>> {
  return createFoundKind(deps, {
    scope: "quarantine:discard",
    parameters: parametersSchema,
    decide: ({ job: { id: job_id, parameters }, actor, document, keys }) =>
      decideToDiscard({ ...deps, keys }, actor, document, { reason: parameters.reason, job_id }),
  });
}
