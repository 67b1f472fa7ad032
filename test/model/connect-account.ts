import type {
  AccountScope,
  LedgerStore,
  OpenRead,
  SumListed,
  SumRead,
  TakePage,
} from "../../shared/ledger/ledger-store.ts";
import { type MemoryLedgerStore, partitionOfSlot } from "../support/memory-ledger-store.ts";
import { ALL, type At, rangeOf } from "../support/versions.ts";

/** A read of the ledger as one step, from these ranges. */
export type ReadLedger = <T>(
  what: readonly string[],
  ranges: readonly number[],
  ask: (at: At) => Promise<T>,
) => Promise<T>;

/** What reads an account, of all slots or of one. */
export function connectAccount(
  read: ReadLedger,
  ledger: MemoryLedgerStore,
): Pick<LedgerStore, "listSums" | "readOpen" | "readSums"> {
  const rangesOf = ({ orgId, slot }: AccountScope): readonly number[] =>
    slot === undefined ? ALL : [rangeOf(partitionOfSlot(orgId, slot))];
  const connect =
    <T>(name: "listSums" | "readOpen" | "readSums", ask: (at: At, scope: AccountScope) => Promise<readonly T[]>) =>
    async (scope: AccountScope, take: TakePage<T>): Promise<void> =>
      take(await read([`ledger.${name}`, scope.slot ?? ""], rangesOf(scope), (at) => ask(at, scope)));
  return {
    listSums: connect<SumListed>("listSums", (at, scope) => rowsOf((take) => ledger.readAt(at).listSums(scope, take))),
    readOpen: connect<OpenRead>("readOpen", (at, scope) => rowsOf((take) => ledger.readAt(at).readOpen(scope, take))),
    readSums: connect<SumRead>("readSums", (at, scope) => rowsOf((take) => ledger.readAt(at).readSums(scope, take))),
  };
}

export async function rowsOf<T>(read: (take: TakePage<T>) => Promise<void>): Promise<T[]> {
  const all: T[] = [];
  await read((rows) => all.push(...rows));
  return all;
}
