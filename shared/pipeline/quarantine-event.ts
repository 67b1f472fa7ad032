import { decideOutcome, markOf, type QuarantineMark } from "../event/decide-outcome.ts";
import type { EventDocument, EventStore } from "../event/event-store.ts";
import { addMark, makeTombstone } from "../event/tombstone.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import { CONTENDED, LEFT_TO_NEWER, openAfter, type Settlement } from "./settlement.ts";

/** Rounds of create, look and replace. Each is lost only to another try that got further in the meantime. */
const ROUNDS = 8;

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
    const [created] = await store.create([makeTombstone(document, [mark])]);
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
    const { quarantined, etag } = decision.occupant;
    const replaced = await store.replace(makeTombstone(document, addMark(quarantined, mark)), etag);
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
