import { decideOutcome, type Occupant } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { waitOut } from "./frame-result.ts";
import { quarantineRefused } from "./quarantine-event.ts";
import { LATE, LEFT_TO_NEWER, openAfter, type Settlement } from "./settlement.ts";

/** Orgs whose occupied ids are asked for at once. */
const LOOKS_AT_ONCE = 8;

export interface SettleLostDeps {
  readonly store: EventStore;
  /** Gets what is decided. */
  readonly settled: Map<EventDocument, Settlement>;
  readonly log: Logger;
  readonly deadline: Deadline;
  readonly onProgress: (orgId: string) => void;
}

/**
 * Looks at what stands under the ids of these events; returns the events whose id holds nothing. An org whose look
 * fails leaves its own events open, and no others.
 */
export async function settleLost(deps: SettleLostDeps, lost: readonly EventDocument[]): Promise<EventDocument[]> {
  const byOrg = [...Map.groupBy(lost, (document) => document.org_id)];
  const again: EventDocument[] = [];
  for (let i = 0; i < byOrg.length; i += LOOKS_AT_ONCE) {
    const some = byOrg.slice(i, i + LOOKS_AT_ONCE);
    const left = await Promise.all(some.map(([orgId, own]) => waitOutOf(deps, own, settleLostOf(deps, orgId, own))));
    again.push(...left.flat());
  }
  return again;
}

async function settleLostOf(
  { store, settled, log, deadline, onProgress }: SettleLostDeps,
  orgId: string,
  documents: readonly EventDocument[],
): Promise<EventDocument[]> {
  const again: EventDocument[] = [];
  const ids = documents.map((document) => document.id);
  const occupants = deadline.isOver() ? undefined : await store.findOccupants(orgId, ids);
  for (const document of documents) {
    const isLate = occupants === undefined || deadline.isOver();
    const settlement = isLate ? LATE : await settleAgainst(store, document, occupants.get(document.id), log);
    if (settlement === STORED_NOW) onProgress(orgId);
    if (settlement) settled.set(document, settlement);
    else again.push(document);
  }
  return again;
}

function waitOutOf(
  { settled }: SettleLostDeps,
  documents: readonly EventDocument[],
  look: Promise<EventDocument[]>,
): Promise<EventDocument[]> {
  return waitOut(look, (wait) => {
    reached("look-at-occupied-ids-fails");
    for (const document of documents) if (!settled.has(document)) settled.set(document, { outcome: "open", ...wait });
    return [];
  });
}

/** By this try, in the place of a tombstone. */
const STORED_NOW: Settlement = { outcome: "stored" };

async function settleAgainst(
  store: EventStore,
  document: EventDocument,
  occupant: Occupant | undefined,
  log: Logger,
): Promise<Settlement | undefined> {
  const decision = decideOutcome(occupant, document);
  if (decision.is === "again") return undefined;
  if (decision.is === "newer") return LEFT_TO_NEWER;
  if (decision.is === "quarantined") return { outcome: "quarantined", mark: decision.mark };
  if (decision.is === "duplicate") return { outcome: "duplicate", code: decision.code };
  if (decision.is !== "replace") return { outcome: decision.is };
  reached("event-replaces-tombstone");
  const { quarantined, etag } = decision.occupant;
  const result = await store.replace({ ...document, quarantined }, etag);
  if (result.status === "written") return STORED_NOW;
  if (result.status === "refused") return quarantineRefused(store, document, result, log);
  return result.status === "conflict" ? undefined : openAfter(result);
}
