import type { HttpRequest } from "@azure/functions";
import type { ClaimStore } from "../envelope/claim-store.ts";
import type { EventStore } from "../event/event-store.ts";
import type { Handlers, PrincipalCall } from "../http/endpoint.ts";
import { queryOf } from "../http/parameters.ts";
import { readJson } from "../http/read-json.ts";
import { answerStarted } from "../jobs/endpoints.ts";
import type { JobDocument } from "../jobs/job.ts";
import type { NewJob } from "../jobs/start-job.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import type { KeyRings } from "../secrets/key-rings.ts";
import { countQuarantine } from "./count-quarantine.ts";
import { discardFoundBody, findToDiscard } from "./discard-found.ts";
import { discardBody, discardQuarantined } from "./discard-quarantined.ts";
import { placeOf } from "./find-quarantined.ts";
import { listQuarantine } from "./list-quarantine.ts";
import type { ActLine, TellAct } from "./quarantine-act.ts";
import type { QuarantineStore } from "./quarantine-store.ts";
import { readQuarantined } from "./read-quarantined.ts";

export interface QuarantineEndpointsDeps {
  readonly quarantine: QuarantineStore;
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly claims: ClaimStore;
  readonly keyRings: KeyRings;
  readonly actorOf: (call: PrincipalCall) => ActLine["actor"];
  readonly tell: TellAct;
  /** Throws AppError `too_many_jobs` or `store_unavailable`. */
  readonly startJob: (actor: ActLine["actor"], orgId: string, job: NewJob) => Promise<JobDocument>;
  /** What readers of events that lie in blobs hold. */
  readonly memory: SharedMemory;
  readonly now: () => number;
}

/** The endpoints of what waits in quarantine. */
export function createQuarantineEndpoints({ keyRings, actorOf, startJob, ...deps }: QuarantineEndpointsDeps) {
  const listing = async (request: HttpRequest) => {
    const query = queryOf(request);
    return { query, keys: await keyRings.knowing(query.get("cursor")) };
  };
  const finding = async ({ params }: HttpRequest) => {
    const id = params.quarantine_id ?? "";
    return { id, keys: await keyRings.knowing(placeOf(id)?.receiptId ?? null) };
  };
  const list = async ({ request, principal }: PrincipalCall) => {
    const { query, keys } = await listing(request);
    return { status: 200, body: await listQuarantine({ ...deps, keys }, principal, query) };
  };
  const read = async ({ request, principal }: PrincipalCall) => {
    const { id, keys } = await finding(request);
    return { status: 200, body: await readQuarantined({ ...deps, keys }, principal, id) };
  };
  const discard = async (call: PrincipalCall) => {
    const { reason } = await readJson(call.request, discardBody);
    const { id, keys } = await finding(call.request);
    const body = await discardQuarantined({ ...deps, keys }, actorOf(call), call.principal.orgId, { id, reason });
    return { status: 200, body };
  };
  return {
    // The operator's org is the service, whose are the bytes that belong to no org.
    ...{ "list-quarantine": list, "operator-list-quarantine": list },
    ...{ "read-quarantined": read, "operator-read-quarantined": read },
    ...{ "discard-quarantined": discard, "operator-discard-quarantined": discard },
    "count-quarantine": async ({ request, principal }) => {
      const { query, keys } = await listing(request);
      return { status: 200, body: await countQuarantine({ ...deps, keys }, principal, query) };
    },
    "discard-quarantine": async (call) => {
      const asked = await readJson(call.request, discardFoundBody);
      const { counts, job } = await findToDiscard(deps, call.principal.orgId, asked);
      if (asked.dry_run) return { status: 200, body: counts };
      return answerStarted(await startJob(actorOf(call), call.principal.orgId, job));
    },
  } satisfies Partial<Handlers>;
}
