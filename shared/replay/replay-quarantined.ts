import { randomUUID } from "node:crypto";
import { AppError } from "../errors.ts";
import { decideOutcome } from "../event/decide-outcome.ts";
import type { AcceptedEvent } from "../event/event.ts";
import type { EventProblem } from "../ingest/raw-batch.ts";
import { type CompleteDeps, completeActs, type DecidedDocument } from "../quarantine/complete-acts.ts";
import { claimFor, isDecided, refuseOpen, refuseUnsettled } from "../quarantine/discard-quarantined.ts";
import { type FindDeps, findQuarantined, gone } from "../quarantine/find-quarantined.ts";
import { type ActLine, type QuarantineAct, type Replay, type Tried, toTried } from "../quarantine/quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineStore } from "../quarantine/quarantine-store.ts";
import { type ReadQuarantinedDeps, readRaw } from "../quarantine/read-quarantined.ts";
import { documentOf } from "../quarantine/store-replayed.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { Turns } from "../runtime/turn.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import type { Mapping } from "../schema/evolve/mapping.ts";
import { readable } from "../store/formats.ts";
import { type CheckDeps, type Checked, type CheckedBy, checkKept } from "./check-kept.ts";

export type ReplayDeps = CompleteDeps &
  FindDeps &
  CheckDeps &
  Pick<ReadQuarantinedDeps, "claims" | "memory"> & {
    readonly quarantine: QuarantineStore;
    readonly takeTurns: (orgId: string) => Turns;
    readonly now: () => number;
  };

/** What has become of an event; of a dry run, what would. */
export interface Replayed {
  readonly quarantine_id: string;
  readonly dry_run: boolean;
  /** `quarantined`: it stays where it is. */
  readonly outcome: "stored" | "duplicate" | "quarantined";
  /** When it was decided; null of a dry run. */
  readonly at: string | null;
  /** As it is stored; null where it stays. */
  readonly event: Pick<AcceptedEvent, "event_id" | "event_type" | "timestamp"> | null;
  /** Why it stays; null where it does not. */
  readonly problem: EventProblem | null;
}

interface Asked {
  readonly id: string;
  readonly dryRun: boolean;
  readonly mapping?: Mapping | undefined;
}

/** Each is lost only to another act on the same event. */
const ROUNDS = 8;
const DEADLINE_MS = 20_000;

/**
 * Checks an event that waits in quarantine again, and stores it where it is valid now, as if it had been stored when it
 * was received. Calling it again completes what was begun, by whomever. Throws AppError `quarantined_not_found`,
 * `quarantined_gone`, `receipt_pending`, `busy`, `schemas_unavailable` or `store_unavailable`.
 */
export async function replayQuarantined(
  deps: ReplayDeps,
  actor: ActLine["actor"],
  orgId: string,
  asked: Asked,
): Promise<Replayed> {
  const by = { since: deps.now(), mapping: asked.mapping };
  for (let round = 0; round < ROUNDS; round++) {
    const found = readable("quarantined", await findQuarantined(deps, orgId, asked.id));
    if (asked.dryRun) return foresee(deps, found, by);
    const decided = isDecided(found) ? found : await decideToReplay(deps, actor, found, by);
    if (!decided) continue;
    if (!("act" in decided)) return stays(found.id, decided);
    const replayed = await complete(deps, decided);
    if (replayed) return replayed;
  }
  reached("replay-lost-each-time");
  throw new AppError("store_unavailable", "others act on the same event", { retryAfter: 1 });
}

/** Undefined where another one's replay was refused by the store: the event is still there. */
async function complete(deps: ReplayDeps, decided: DecidedDocument): Promise<Replayed | undefined> {
  const { act, id, org_id: orgId } = decided;
  const [result] = await completeActs(deps, orgId, [decided], startDeadline(DEADLINE_MS));
  if (result?.released) return stays(id, result.released);
  refuseOpen(result);
  const { to } = result ?? {};
  if (!act.replay || (to !== "stored" && to !== "duplicate")) throw gone(act);
  return moves(id, act.at, to, act.replay.event);
}

/** For which job, and by what: see `CheckedBy`. */
export interface ReplayFor extends Pick<CheckedBy, "since" | "mapping"> {
  readonly job_id?: string;
}

type ReplayBy = Omit<ReplayFor, "job_id">;

/** Why it stays, where it does. Undefined when another act was decided first, or the document has changed or gone. */
export async function decideToReplay(
  deps: ReplayDeps,
  actor: ActLine["actor"],
  found: Etagged<QuarantineDocument>,
  { job_id, ...by }: ReplayFor,
): Promise<DecidedDocument | Tried | undefined> {
  const checked = await check(deps, found, by);
  const now = deps.now();
  const job = { ...(job_id && { job_id }) };
  if ("event" in checked) {
    const replay = { ...checked, try: randomUUID() };
    return claimFor(deps, found, actOf(actor, now, replay, job));
  }
  const { code, path, message } = checked.problem;
  return leave(deps, found, { at: new Date(now).toISOString(), code, path, message, ...job });
}

async function check(deps: ReplayDeps, found: Etagged<QuarantineDocument>, by: ReplayBy): Promise<Checked> {
  await refuseUnsettled(deps, found);
  const turns = deps.takeTurns(found.org_id);
  return checkKept(found, await readRaw(deps, found), deps, { ...by, turns });
}

function actOf(
  { subject, clientAddress: client_address, requestId: request_id }: ActLine["actor"],
  now: number,
  replay: Replay,
  job: Pick<ReplayFor, "job_id">,
): QuarantineAct {
  const by = { subject, client_address, request_id, audit_id: `audit:${uuidv7(now)}` };
  return { what: "replayed", at: new Date(now).toISOString(), ...job, by, replay };
}

/** With the new reason beside the old one. Undefined when it has changed meanwhile. */
async function leave(
  { quarantine }: ReplayDeps,
  { etag, ...document }: Etagged<QuarantineDocument>,
  tried: Tried,
): Promise<Tried | undefined> {
  const result = await quarantine.replace(toTried(document, tried), etag);
  if (result.status === "conflict") return undefined;
  refuseOpen(result);
  return tried;
}

/**
 * What would become of it now; nothing is written. Throws AppError as `replayQuarantined` does, and `quarantined_gone`
 * where something else is decided.
 */
export async function foresee(deps: ReplayDeps, found: Etagged<QuarantineDocument>, by: ReplayBy): Promise<Replayed> {
  if (found.act && !found.act.replay) throw gone(found.act);
  const checked = found.act?.replay ?? (await check(deps, found, by));
  const dry = { dry_run: true, at: null };
  if ("problem" in checked) return { ...stays(found.id, { at: "", ...checked.problem }), ...dry };
  const document = documentOf(found, checked);
  const occupant = (await deps.events.findOccupants(found.org_id, [document.id])).get(document.id);
  const { is } = occupant ? decideOutcome(occupant, document, "") : { is: "stored" };
  return { ...moves(found.id, "", is === "duplicate" ? is : "stored", checked.event), ...dry };
}

function moves(id: string, at: string, outcome: "stored" | "duplicate", sent: AcceptedEvent): Replayed {
  const { event_id, event_type, timestamp } = sent;
  return { quarantine_id: id, dry_run: false, outcome, at, event: { event_id, event_type, timestamp }, problem: null };
}

function stays(id: string, { at, code, path, message }: Tried): Replayed {
  const problem = { code, path, message };
  return { quarantine_id: id, dry_run: false, outcome: "quarantined", at, event: null, problem };
}
