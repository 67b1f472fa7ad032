import { randomUUID } from "node:crypto";
import { AppError } from "../errors.ts";
import { decideOutcome } from "../event/decide-outcome.ts";
import type { AcceptedEvent } from "../event/event.ts";
import type { EventProblem } from "../ingest/raw-batch.ts";
import { type CompleteDeps, completeActs, type DecidedDocument } from "../quarantine/complete-acts.ts";
import { claimFor, isDecided, refuseOpen, refuseUnsettled } from "../quarantine/discard-quarantined.ts";
import { type FindDeps, findQuarantined, gone } from "../quarantine/find-quarantined.ts";
import type { ActLine, QuarantineAct, Tried } from "../quarantine/quarantine-act.ts";
import type { Etagged, QuarantineDocument, QuarantineStore } from "../quarantine/quarantine-store.ts";
import { type ReadQuarantinedDeps, readRaw } from "../quarantine/read-quarantined.ts";
import { documentOf } from "../quarantine/store-replayed.ts";
import { startDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { Turns } from "../runtime/turn.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { readable } from "../store/formats.ts";
import { type CheckDeps, checkKept } from "./check-kept.ts";

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
  for (let round = 0; round < ROUNDS; round++) {
    const found = readable("quarantined", await findQuarantined(deps, orgId, asked.id));
    const decided = isDecided(found) ? found : await decide(deps, actor, found, asked);
    if (!decided) continue;
    if (!("act" in decided)) return decided;
    if (asked.dryRun) return foresee(deps, decided);
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

/** Undefined when another act was decided first, or the document has gone. */
async function decide(
  deps: ReplayDeps,
  actor: ActLine["actor"],
  found: Etagged<QuarantineDocument>,
  { dryRun }: Asked,
): Promise<DecidedDocument | Replayed | undefined> {
  await refuseUnsettled(deps, found);
  const checked = await checkKept(found, await readRaw(deps, found), deps, deps.takeTurns(found.org_id));
  const now = deps.now();
  if ("problem" in checked) return leave(deps, found, checked.problem, dryRun ? null : new Date(now).toISOString());
  const act = actOf(actor, now, checked.event);
  return dryRun ? { ...found, act } : claimFor(deps, found, act);
}

function actOf(
  { subject, clientAddress: client_address, requestId: request_id }: ActLine["actor"],
  now: number,
  event: AcceptedEvent,
): QuarantineAct {
  const by = { subject, client_address, request_id, audit_id: `audit:${uuidv7(now)}` };
  return { what: "replayed", at: new Date(now).toISOString(), by, replay: { event, try: randomUUID() } };
}

/** With the new reason beside the old one. Undefined when it has changed meanwhile. */
async function leave(
  { quarantine }: ReplayDeps,
  { etag, ...document }: Etagged<QuarantineDocument>,
  { code, path, message }: EventProblem,
  at: string | null,
): Promise<Replayed | undefined> {
  const problem = { code, path, message };
  if (at === null) return { ...stays(document.id, { at: "", ...problem }), dry_run: true, at };
  const tried: Tried = { at, ...problem };
  const result = await quarantine.replace({ ...document, tried }, etag);
  if (result.status === "conflict") return undefined;
  refuseOpen(result);
  return stays(document.id, tried);
}

/** What would become of it now. Throws AppError `quarantined_gone` where something else is decided. */
async function foresee({ events }: ReplayDeps, decided: DecidedDocument): Promise<Replayed> {
  const { id, org_id: orgId, act } = decided;
  if (!act.replay) throw gone(act);
  const document = documentOf(decided, act.replay);
  const occupant = (await events.findOccupants(orgId, [document.id])).get(document.id);
  const { is } = occupant ? decideOutcome(occupant, document, "") : { is: "stored" };
  return { ...moves(id, act.at, is === "duplicate" ? is : "stored", act.replay.event), dry_run: true, at: null };
}

function moves(id: string, at: string, outcome: "stored" | "duplicate", sent: AcceptedEvent): Replayed {
  const { event_id, event_type, timestamp } = sent;
  return { quarantine_id: id, dry_run: false, outcome, at, event: { event_id, event_type, timestamp }, problem: null };
}

function stays(id: string, { at, ...problem }: Tried): Replayed {
  return { quarantine_id: id, dry_run: false, outcome: "quarantined", at, event: null, problem };
}
