import { z } from "zod";
import { AppError } from "../errors.ts";
import type { JobKind, StepResult } from "../jobs/job.ts";
import type { NewJob } from "../jobs/start-job.ts";
import {
  type ActOnFoundDeps,
  createFoundKind,
  type FoundResult,
  leave,
  sumResults,
} from "../quarantine/act-on-found.ts";
import type { FoundCounts } from "../quarantine/count-quarantine.ts";
import { placeOf } from "../quarantine/find-quarantined.ts";
import { type Found, findNow, foundParameters, toFoundQuery } from "../quarantine/found-filters.ts";
import { quarantineFilters } from "../quarantine/quarantine-parameters.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { type Mapping, mappingSchema } from "../schema/evolve/mapping.ts";
import { isReadable } from "../store/formats.ts";
import { decideToReplay, foresee, type ReplayDeps, type Replayed } from "./replay-quarantined.ts";

export const replayFoundBody = z.strictObject({
  ...quarantineFilters,
  mapping: mappingSchema.optional().describe("Changes `properties` of each event before it is checked, and as stored"),
  dry_run: z
    .boolean()
    .default(false)
    .describe("Only counts what would be replayed, and says of a sample what would become of it"),
});

export const REPLAY_KIND = "replay-quarantined";

export type ReplayFoundDeps = ActOnFoundDeps & Omit<ReplayDeps, "keys">;

/** What would become of some: one of each group, and the newest. */
export interface ReplaySample extends Pick<StepResult, "counts" | "errors"> {
  /** How many were looked at. */
  readonly total: number;
}

export type ReplayCounts = FoundCounts & { readonly sample: ReplaySample };

/** What a filter finds, and by which job it is replayed. Throws AppError `invalid_parameter` or `store_unavailable`. */
export async function findToReplay(
  deps: Pick<ReplayFoundDeps, "quarantine" | "now">,
  orgId: string,
  { dry_run, mapping, ...asked }: z.output<typeof replayFoundBody>,
): Promise<Found & { readonly job: NewJob }> {
  const found = await findNow(deps, orgId, asked);
  const parameters = { ...found.filters, ...(mapping && { mapping }) };
  return { ...found, job: { kind: REPLAY_KIND, parameters, total: found.total } };
}

const parametersSchema = z.object({ ...foundParameters, mapping: mappingSchema.optional() });

/** Replays what a filter found when it was asked. What still fails stays, and is not tried again by the same job. */
export function createReplayKind(deps: ReplayFoundDeps): JobKind<z.output<typeof parametersSchema>> {
  return createFoundKind(deps, {
    scope: "quarantine:replay",
    parameters: parametersSchema,
    decide: async ({ job: { id: job_id, parameters }, actor, document, keys }) => {
      const before = document.tried_by?.includes(job_id) ? document.tried : undefined;
      const by = { since: deps.now(), job_id, mapping: parameters.mapping };
      const tried = before ?? (await decideToReplay({ ...deps, keys }, actor, document, by));
      return tried && !("act" in tried) ? leave(document.id, tried.code, tried.message, "quarantined") : tried;
    },
  });
}

/** Each costs some 10 RU, and may have half a MB. */
const LOOKED_AT = 20;
const AT_ONCE = 5;
const LOOK_MS = 10_000;

/**
 * What would become of some of what was found; as many as the time allows. Throws AppError `schemas_unavailable`,
 * `busy` or `store_unavailable`.
 */
export async function lookAtSome(
  deps: ReplayFoundDeps,
  orgId: string,
  { counts, filters }: Pick<Found, "counts" | "filters">,
  mapping: Mapping | undefined,
): Promise<ReplaySample> {
  const deadline = startDeadline(LOOK_MS);
  const newest = await deps.quarantine.query(orgId, { ...toFoundQuery(filters), limit: LOOKED_AT });
  const examples = counts.groups.map(({ example }) => example.quarantine_id);
  const ids = [...new Set([...examples.slice(0, LOOKED_AT), ...newest.map(({ id }) => id)])].slice(0, LOOKED_AT);
  const results: FoundResult[] = [];
  for (let i = 0; i < ids.length && (i === 0 || !deadline.isOver()); i += AT_ONCE)
    results.push(...(await Promise.all(ids.slice(i, i + AT_ONCE).map((id) => lookAt(deps, orgId, id, mapping)))));
  return { total: results.length, ...sumResults(results) };
}

async function lookAt(
  deps: ReplayFoundDeps,
  orgId: string,
  id: string,
  mapping: Mapping | undefined,
): Promise<FoundResult> {
  const found = await deps.quarantine.read(orgId, id);
  if (!found || "ended" in found) return { result: "gone" };
  if (!isReadable("quarantined", found)) return leave(id, "newer_format", "a newer release wrote it");
  const keys = await deps.keyRings.knowing(placeOf(id)?.receiptId ?? null);
  try {
    return toResult(await foresee({ ...deps, keys }, found, { since: deps.now(), mapping }));
  } catch (error) {
    if (!(error instanceof AppError) || error.status >= 500) throw error;
    return error.code === "quarantined_gone" ? { result: "gone" } : leave(id, error.code, error.message);
  }
}

function toResult({ quarantine_id, outcome, problem }: Replayed): FoundResult {
  return problem ? leave(quarantine_id, problem.code, problem.message, outcome) : { result: outcome };
}
