import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { isReadable } from "../store/formats.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { Logger } from "../telemetry/log.ts";
import { type CompleteDeps, completeActs, type DecidedDocument } from "./complete-acts.ts";
import { claimFor } from "./discard-quarantined.ts";
import { keptUntil, mayBeDue } from "./kept-until.ts";
import type { OlderDocument, QuarantineStore } from "./quarantine-store.ts";

/** The org that had the last turn of a sweep; undefined before the first. Throws AppError `store_unavailable`. */
export interface SweepPlace {
  read(): Promise<string | undefined>;
  keep(orgId: string): Promise<void>;
}

export type SweepDeps = CompleteDeps & {
  readonly quarantine: QuarantineStore;
  readonly place: SweepPlace;
  readonly now: () => number;
};

interface Sweep extends SweepDeps {
  /** Milliseconds since 1970: what is due by then is ended. */
  readonly until: number;
  /** What is due was received before. */
  readonly before: string;
  readonly deadline: Deadline;
  readonly log: Logger;
  /** Where the next turns of orgs go on that have more. */
  readonly more: OlderDocument[];
  left: number;
}

const AT_ONCE = 20;
/** The most of an org that is looked at before it is the next one's turn. */
const TURN = 200;

/**
 * Ends what has waited in quarantine for too long: the adjustment first, so that the account knows of it, and then the
 * document. What was begun with such an event is completed instead. Orgs have turns, so that none waits for another
 * one's backlog; and a sweep begins where the one before it ended. True when it came to the end; what could not be
 * ended is left to the next sweep, with a line in the log. Never throws.
 */
export async function sweepQuarantine(deps: SweepDeps, deadline: Deadline, log: Logger): Promise<boolean> {
  const until = deps.now();
  const sweep: Sweep = { ...deps, until, before: mayBeDue(until), deadline, log, more: [], left: 0 };
  try {
    const start = await readPlace(sweep);
    const isRound = (await sweepOrgs(sweep, start)) && (start === "" || (await sweepOrgs(sweep, "", start)));
    return isRound && (await sweepMore(sweep)) && sweep.left === 0;
  } catch (error) {
    log.warn("the quarantine cannot be swept", { error });
    return false;
  }
}

/** A turn for each org behind `from`, up to `to`, by their names. False when the time is over before. */
async function sweepOrgs(sweep: Sweep, from: string, to?: string): Promise<boolean> {
  for (let last = from; ; ) {
    const page = await sweep.quarantine.findOlder({ before: sweep.before, orgId: last, limit: TURN });
    const wanted = page.filter(({ org_id }) => to === undefined || org_id <= to);
    const ended = await giveTurns(sweep, wanted, page.length === TURN ? page.at(-1) : undefined);
    if (ended !== undefined) await keepPlace(sweep, ended);
    if (ended !== wanted.at(-1)?.org_id) return false;
    if (page.length < TURN || wanted.length < page.length) return true;
    last = ended ?? last;
  }
}

/** Gives the last org that had its turn. `cut`: where the page ends, perhaps within the documents of an org. */
async function giveTurns(
  sweep: Sweep,
  documents: readonly OlderDocument[],
  cut: OlderDocument | undefined,
): Promise<string | undefined> {
  let last: string | undefined;
  for (const [orgId, own] of Map.groupBy(documents, ({ org_id }) => org_id)) {
    if (sweep.deadline.isOver()) break;
    const goesOn = await giveTurn(sweep, orgId, own);
    if (goesOn && cut && own.at(-1) === cut) sweep.more.push(cut);
    last = orgId;
  }
  return last;
}

/** Further turns, one after the other, until no org has more. False when the time is over before. */
async function sweepMore(sweep: Sweep): Promise<boolean> {
  // It grows on the way.
  for (const last of sweep.more) {
    if (sweep.deadline.isOver()) return false;
    const { org_id: orgId } = last;
    const page = await sweep.quarantine.findOlder({ before: sweep.before, orgId, received: last, limit: TURN });
    const goesOn = page.length > 0 && (await giveTurn(sweep, orgId, page));
    if (goesOn && page.length === TURN) sweep.more.push(...page.slice(-1));
  }
  return true;
}

async function readPlace({ place, log }: Sweep): Promise<string> {
  try {
    return (await place.read()) ?? "";
  } catch (error) {
    reached("place-of-sweep-not-told");
    log.warn("where the last sweep of the quarantine ended cannot be told; it begins anew", { error });
    return "";
  }
}

async function keepPlace({ place, log }: Sweep, orgId: string): Promise<void> {
  try {
    await place.keep(orgId);
  } catch (error) {
    reached("place-of-sweep-not-kept");
    log.warn("the place of a sweep of the quarantine cannot be kept", { error });
  }
}

/**
 * Whether the org may have another one. One whose stores do not answer, or whose documents are odd, keeps no other
 * waiting.
 */
async function giveTurn(sweep: Sweep, orgId: string, documents: readonly OlderDocument[]): Promise<boolean> {
  const { log, until } = sweep;
  const due = documents.filter((document) => keptUntil(document) <= until);
  try {
    const open = await endThose(sweep, orgId, due);
    if (open[0]) log.warn("events in quarantine are due, and cannot be ended yet", { org_id: orgId, ...open[0] });
    sweep.left += open.length;
    return true;
  } catch (error) {
    reached("sweep-of-quarantine-waits");
    const say = error instanceof AppError ? log.warn : log.error;
    say("events in quarantine are due, and cannot be ended yet", { org_id: orgId, error });
    sweep.left += due.length;
    return false;
  }
}

/** Gives what could not be ended. */
async function endThose(sweep: Sweep, orgId: string, documents: readonly OlderDocument[]): Promise<WriteResult[]> {
  if (documents.length === 0) return [];
  if (orgId === SERVICE_ORG_ID) return endThoseOfNobody(sweep, documents);
  const found = await mapInTurns(documents, ({ id }) => decide(sweep, orgId, id));
  const decided = found.filter((one) => one !== undefined);
  const results = await completeActs(sweep, orgId, decided);
  return results.filter(({ status }) => status !== "written");
}

/** Undefined where there is nothing to do, or where only a newer release can. */
async function decide(deps: SweepDeps, orgId: string, id: string): Promise<DecidedDocument | undefined> {
  const found = await deps.quarantine.read(orgId, id);
  if (!found || "ended" in found || !isReadable("quarantined", found)) return undefined;
  if (found.act) return { ...found, act: found.act };
  return claimFor(deps, found, { what: "expired", at: new Date(deps.now()).toISOString() });
}

const ENDED: WriteResult = { status: "written" };

/** Bytes that belong to no org have no receipt, and so no account. */
async function endThoseOfNobody(
  { quarantine, claims }: SweepDeps,
  documents: readonly OlderDocument[],
): Promise<WriteResult[]> {
  const ended = await mapInTurns(documents, async ({ org_id, id }) => {
    const found = await quarantine.read(org_id, id);
    if (!found || "ended" in found) return ENDED;
    if ("blob" in found.raw) await claims.delete(found.raw.blob);
    return quarantine.delete(org_id, id, found.etag);
  });
  return ended.filter(({ status }) => status !== "written" && status !== "conflict");
}

async function mapInTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
