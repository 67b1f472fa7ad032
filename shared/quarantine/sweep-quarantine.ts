import { AppError } from "../errors.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import type { Deadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { isReadable } from "../store/formats.ts";
import type { Logger } from "../telemetry/log.ts";
import { type CompleteDeps, completeActs, type DecidedDocument } from "./complete-acts.ts";
import { claimFor } from "./discard-quarantined.ts";
import { keptUntil, mayBeDue } from "./kept-until.ts";
import type { OlderDocument, QuarantineStore } from "./quarantine-store.ts";

export type SweepDeps = CompleteDeps & { readonly quarantine: QuarantineStore; readonly now: () => number };

const AT_ONCE = 20;

/**
 * Ends what has waited in quarantine for too long: the adjustment first, so that the account knows of it, and then the
 * document. What was begun with such an event is completed instead. True when it came to the end; what could not be
 * ended is left to the next sweep, with a line in the log. Never throws.
 */
export async function sweepQuarantine(deps: SweepDeps, deadline: Deadline, log: Logger): Promise<boolean> {
  const now = deps.now();
  let left = 0;
  try {
    for await (const page of deps.quarantine.findOlder(mayBeDue(now))) {
      if (deadline.isOver()) return false;
      const due = page.filter((document) => keptUntil(document) <= now);
      for (const [orgId, own] of Map.groupBy(due, ({ org_id }) => org_id)) {
        left += own.length - (await endThose(deps, orgId, own, log));
      }
    }
  } catch (error) {
    log.warn("the quarantine cannot be swept", { error });
    return false;
  }
  return left === 0;
}

/** How many have ended. An org whose stores do not answer, or whose documents are odd, keeps no other waiting. */
async function endThose(
  deps: SweepDeps,
  orgId: string,
  documents: readonly OlderDocument[],
  log: Logger,
): Promise<number> {
  try {
    if (orgId === SERVICE_ORG_ID) return await endThoseOfNobody(deps, documents);
    const decided = (await mapInTurns(documents, ({ id }) => decide(deps, orgId, id))).filter(
      (one) => one !== undefined,
    );
    const results = await completeActs(deps, orgId, decided);
    const open = results.filter(({ status }) => status !== "written");
    if (open[0]) log.warn("events in quarantine are due, and cannot be ended yet", { org_id: orgId, ...open[0] });
    return documents.length - open.length;
  } catch (error) {
    reached("sweep-of-quarantine-waits");
    const say = error instanceof AppError ? log.warn : log.error;
    say("events in quarantine are due, and cannot be ended yet", { org_id: orgId, error });
    return 0;
  }
}

/** Undefined where there is nothing to do, or where only a newer release can. */
async function decide(deps: SweepDeps, orgId: string, id: string): Promise<DecidedDocument | undefined> {
  const found = await deps.quarantine.read(orgId, id);
  if (!found || "ended" in found || !isReadable("quarantined", found)) return undefined;
  if (found.act) return { ...found, act: found.act };
  return claimFor(deps, found, { what: "expired", at: new Date(deps.now()).toISOString() });
}

/** Bytes that belong to no org have no receipt, and so no account. */
async function endThoseOfNobody(
  { quarantine, claims }: SweepDeps,
  documents: readonly OlderDocument[],
): Promise<number> {
  const ended = await mapInTurns(documents, async ({ org_id, id }) => {
    const found = await quarantine.read(org_id, id);
    if (!found || "ended" in found) return true;
    if ("blob" in found.raw) await claims.delete(found.raw.blob);
    const { status } = await quarantine.delete(org_id, id, found.etag);
    return status === "written" || status === "conflict";
  });
  return ended.filter(Boolean).length;
}

async function mapInTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let i = 0; i < items.length; i += AT_ONCE)
    results.push(...(await Promise.all(items.slice(i, i + AT_ONCE).map(work))));
  return results;
}
