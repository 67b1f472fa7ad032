import type { Container } from "@azure/cosmos";
import { spanOf } from "../../shared/ledger/event-counts.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { writeResultOfError } from "../../shared/store/cosmos.ts";
import { stamp } from "../../shared/store/formats.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";

/*
 * How releases up to 0.6.0 wrote the ledger, for what still reads and merges it: entries that are open until a merge
 * has marked them.
 */
export interface OlderLedger {
  /** Conflicts when the entry is there already. */
  createEntry(entry: LedgerEntry): Promise<WriteResult>;
}

/** The entry as 0.6.0 had it. */
export function toOlderEntry(entry: LedgerEntry): LedgerEntry {
  const span = spanOf(entry.counts);
  return { ...entry, open: true, first_hour: span?.first ?? null, last_hour: span?.last ?? null };
}

/** The entry as this release has it, whoever wrote it. */
export function toOwnEntry(entry: LedgerEntry): LedgerEntry {
  const { open: _, first_hour: _first, last_hour: _last, merged_into: _into, merged_seq: _seq, ...own } = entry;
  return own;
}

export function createOlderLedger(container: Container): OlderLedger {
  return {
    createEntry: async (entry) => {
      try {
        await container.items.create(stamp("entry", entry));
        return { status: "written" };
      } catch (error) {
        return writeResultOfError(error);
      }
    },
  };
}
