import { decideOutcome, markOf, type QuarantineMark } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore, Tombstone } from "../event/event-store.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { CONTENDED, LEFT_TO_NEWER, openAfter, type Settlement } from "./settlement.ts";

/** Rounds of create, look and replace. Each is lost only to another try that got further in the meantime. */
const ROUNDS = 8;
/** Longer than Event Hubs keeps a message (7 days) and than a queue delays it. */
const TOMBSTONE_TTL_SECONDS = 30 * 24 * 3600;
/** Marks kept in one document; the oldest are long settled in the ledger. */
const MARKS_KEPT = 1_000;

/**
 * Decides that an event is quarantined, unless another try has stored it. A tombstone takes its id first, so that no
 * other try can store it afterwards. The caller must write its quarantine document.
 */
export async function quarantineEvent(
  store: EventStore,
  document: EventDocument,
  code: QuarantineMark["code"],
  reason: string,
): Promise<Settlement> {
  const mark: QuarantineMark = { mark: markOf(document.receipt_id, document.index), code, reason };
  for (let round = 0; round < ROUNDS; round++) {
    const [created] = await store.create([tombstoneOf(document, [mark])]);
    if (created?.status === "written") return { outcome: "quarantined", mark };
    if (created?.status !== "conflict") return openAfter(created);
    reached("tombstone-meets-document");
    const occupant = (await store.findOccupants(document.org_id, [document.id])).get(document.id);
    const decision = decideOutcome(occupant, document);
    if (decision.is === "again") continue;
    if (decision.is === "newer") return LEFT_TO_NEWER;
    if (decision.is === "quarantined") return { outcome: "quarantined", mark: decision.mark };
    if (decision.is === "duplicate") return { outcome: "duplicate", code: decision.code };
    if (decision.is !== "replace") return { outcome: decision.is };
    reached("tombstone-gets-mark");
    const marks = [...decision.occupant.quarantined, mark].slice(-MARKS_KEPT);
    const replaced = await store.replace(tombstoneOf(document, marks), decision.occupant.etag);
    if (replaced.status === "written") return { outcome: "quarantined", mark };
    if (replaced.status !== "conflict") return openAfter(replaced);
    reached("tombstone-changed-meanwhile");
  }
  reached("tombstone-contended");
  return CONTENDED;
}

export function quarantineRefused(
  store: EventStore,
  document: EventDocument,
  { reason }: { readonly reason: string },
  log: Logger,
): Promise<Settlement> {
  reached("event-refused-by-store");
  log.warn("the store refuses an event; it goes to quarantine", { org_id: document.org_id, id: document.id, reason });
  return quarantineEvent(store, document, "refused_by_store", reason);
}

function tombstoneOf({ id, org_id }: EventDocument, quarantined: readonly QuarantineMark[]): Tombstone {
  return { id, org_id, receipt_id: null, quarantined, ttl: TOMBSTONE_TTL_SECONDS };
}
