import { z } from "zod";
import { AppError } from "../errors.ts";
import { readParameters, refuseReversed, timeParameter } from "../http/parameters.ts";
import type { Principal } from "../identity/principal.ts";
import { hourOf, hourStart } from "../ledger/event-counts.ts";
import type { LedgerStore } from "../ledger/ledger-store.ts";
import {
  addOutcomes,
  NO_OUTCOMES,
  nameOutcomes,
  type OutcomeCounts,
  type OutcomesByName,
  sumOfOutcomes,
} from "../ledger/outcome-counts.ts";
import { type ReadOptions, readAccount } from "../ledger/read-account.ts";
import { type Backlog, type ReadBacklog, tellBacklog } from "../pipeline/backlog.ts";
import type { SharedMemory } from "../runtime/shared-memory.ts";
import type { Logger } from "../telemetry/log.ts";
import { createReadRoom } from "./read-room.ts";
import { refuseUnwritable } from "./refuse-unwritable.ts";

export const ledgerParameters = z.object({ from: timeParameter.optional(), to: timeParameter.optional() });

export interface LedgerDeps {
  readonly ledger: LedgerStore;
  /** What readers of accounts hold, by turns of orgs. */
  readonly memory: SharedMemory;
  readonly takeUp?: ReadOptions["takeUp"];
  readonly readBacklog: ReadBacklog;
  readonly log: Logger;
}

type OutcomeView = OutcomesByName & {
  /** Events that have their outcome: the sum of the others. */
  readonly settled: number;
};

export interface LedgerView {
  readonly from: string;
  readonly to: string;
  readonly totals: OutcomeView;
  /** By hour of receipt; hours without events are left out. */
  readonly hours: readonly ({ readonly start: string } & OutcomeView)[];
  /** Work still under way, of all orgs together; null when it cannot be told. */
  readonly pipeline: Backlog | null;
}

const MOST_HOURS = 92 * 24;

/**
 * An org's account by hour of receipt; without bounds, the last 24 hours. Throws AppError `invalid_parameter`,
 * `busy` or `store_unavailable`.
 */
export async function queryLedger(
  { ledger, memory, takeUp, readBacklog, log }: LedgerDeps,
  principal: Principal,
  query: URLSearchParams,
  now: number,
): Promise<LedgerView> {
  const parameters = readParameters(ledgerParameters, query);
  refuseReversed(parameters);
  const to = Math.ceil((parameters.to ?? now + 1) / 3_600_000);
  const from = parameters.from === undefined ? to - 24 : hourOf(parameters.from);
  if (from >= to || to - from > MOST_HOURS) {
    throw new AppError("invalid_parameter", "`from` must be before `to`, and at most 92 days", {
      members: { parameter: "from" },
    });
  }
  refuseUnwritable({ from, to });
  const range = { by: "receipt", from, to } as const;
  const takeRoom = createReadRoom(memory, principal.orgId);
  const [{ outcomes }, pipeline] = await Promise.all([
    readAccount(ledger, principal.orgId, range, { takeRoom, takeUp }),
    tellBacklog(readBacklog, log),
  ]);
  const hours = [...outcomes]
    .sort(([a], [b]) => a - b)
    .map(([hour, counts]) => ({ start: hourStart(hour), ...toView(counts) }));
  const totals = toView([...outcomes.values()].reduce(addOutcomes, NO_OUTCOMES));
  return { from: hourStart(from), to: hourStart(to), totals, hours, pipeline };
}

function toView(counts: OutcomeCounts): OutcomeView {
  return { settled: sumOfOutcomes(counts), ...nameOutcomes(counts) };
}
