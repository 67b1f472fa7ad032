import { AppError } from "../errors.ts";
import type { AccountScope, LedgerStore, SumListed } from "./ledger-store.ts";
import { isLive, numberOf, RepairedError, sealedBefore } from "./slot-chains.ts";

/** What a slot has of sums. */
export interface SlotSums {
  readonly rows: readonly SumListed[];
  /** ETags of the documents that change. */
  readonly state: string;
  /** Id of the first document that must be there and is not. */
  readonly missing: string | undefined;
}

/** The sums of a slot without what is in them. It is a list with pages, and not one state. */
export async function listSlot(store: LedgerStore, scope: Required<AccountScope>): Promise<SlotSums> {
  const rows: SumListed[] = [];
  await store.listSums(scope, (page) => rows.push(...page));
  const isOld = ({ kind }: SumListed): boolean => kind === "rollup";
  const chains = [rows.filter(isOld), rows.filter((row) => !isOld(row))];
  const live = rows.filter(isLive).map(({ id, _etag }) => `${id} ${_etag}`);
  const [missing] = chains.flatMap((chain) => missingOf(chain) ?? []);
  return { rows, state: live.sort().join(), missing };
}

function missingOf(chain: readonly SumListed[]): string | undefined {
  const [any] = chain;
  if (!any) return undefined;
  const live = chain.find(isLive);
  const name = any.kind === "rollup" ? "rollup" : "part";
  if (!live) return name === "part" ? "head" : `rollup.${Math.max(...chain.map(numberOf)) + 1}`;
  const ids = new Set(chain.map(({ id }) => id));
  return Array.from({ length: sealedBefore(live) }, (_, number) => `${name}.${number}`).find((id) => !ids.has(id));
}

/**
 * Throws AppError `ledger_incomplete` when a sum of the slot is gone. A sealed document comes in one transaction with
 * the change of the one that goes on: between two looks at the same ETag there is nothing that a page could be late
 * for. Throws RepairedError when it cannot be told since the slot changed: then a repair is at work.
 */
export async function requireWhole(store: LedgerStore, scope: Required<AccountScope>): Promise<void> {
  const before = await listSlot(store, scope);
  if (before.missing === undefined) return;
  const { missing } = await listSlot(store, scope);
  const after = await listSlot(store, scope);
  if (before.state !== after.state || missing === undefined) throw new RepairedError();
  const { orgId, slot } = scope;
  throw new AppError("ledger_incomplete", `the ledger has lost a document with sums: ${missing} of ${slot}`, {
    members: { slot, part: missing },
    reason: `${missing} of ${orgId}, ${slot}`,
    retryAfter: 600,
  });
}
