import { z } from "zod";
import type { Handlers, PrincipalCall } from "../http/endpoint.ts";
import { queryOf, readParameters } from "../http/parameters.ts";
import { announcesNoBody } from "../http/read-body.ts";
import { readJson } from "../http/read-json.ts";
import { answerStarted } from "../jobs/endpoints.ts";
import type { JobDocument } from "../jobs/job.ts";
import type { NewJob } from "../jobs/start-job.ts";
import { placeOf } from "../quarantine/find-quarantined.ts";
import type { ActLine } from "../quarantine/quarantine-act.ts";
import { mappingSchema } from "../schema/evolve/mapping.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { findToReplay, lookAtSome, replayFoundBody } from "./replay-found.ts";
import { type ReplayDeps, replayQuarantined } from "./replay-quarantined.ts";

export const replayParameters = z.object({
  dry_run: z.enum(["true", "false"]).default("false").describe("Only says what would become of it"),
});

export const replayBody = z.strictObject({
  mapping: mappingSchema.optional().describe("Changes `properties` before the event is checked, and as stored"),
});

export type ReplayEndpointsDeps = Omit<ReplayDeps, "keys"> & {
  readonly keyRings: KeyRings;
  readonly actorOf: (call: PrincipalCall) => ActLine["actor"];
  /** Throws AppError `too_many_jobs` or `store_unavailable`. */
  readonly startJob: (actor: ActLine["actor"], orgId: string, job: NewJob) => Promise<JobDocument>;
};

/** The endpoints by which events in quarantine are sent through ingest again. */
export function createReplayEndpoints({ keyRings, actorOf, startJob, ...deps }: ReplayEndpointsDeps) {
  return {
    "replay-quarantined": async (call) => {
      const { dry_run } = readParameters(replayParameters, queryOf(call.request));
      const id = call.request.params.quarantine_id ?? "";
      const keys = await keyRings.knowing(placeOf(id)?.receiptId ?? null);
      const { mapping } = announcesNoBody(call.request) ? {} : await readJson(call.request, replayBody);
      const asked = { id, dryRun: dry_run === "true", mapping };
      return {
        status: 200,
        body: await replayQuarantined({ ...deps, keys }, actorOf(call), call.principal.orgId, asked),
      };
    },
    "replay-quarantine": async (call) => {
      const { orgId } = call.principal;
      const asked = await readJson(call.request, replayFoundBody);
      const found = await findToReplay(deps, orgId, asked);
      if (!asked.dry_run) return answerStarted(await startJob(actorOf(call), orgId, found.job));
      const sample = await lookAtSome({ ...deps, keyRings }, orgId, found, asked.mapping);
      return { status: 200, body: { ...found.counts, sample } };
    },
  } satisfies Partial<Handlers>;
}
