import type { Store } from "./database.ts";
import type { DocumentTable } from "./document-table.ts";

/** The changes of a container, numbered as the service numbers them (LSN). */
export interface ChangeLog {
  /** The number of the last one. */
  readonly last: () => number;
  /** Tells of each document that changes, until the function that it returns is called. */
  watch(listener: (rid: number) => void): () => void;
}

/** More than one life of the emulator makes. */
const RESERVED = 1_000_000_000;

/**
 * Sets numbers aside for the changes of a container, so that they go on rising after a restart: a client still has
 * tokens from before. @returns the first one
 */
export function reserveChanges(store: Store, container: number): number {
  store.exec("CREATE TABLE IF NOT EXISTS changes (container INTEGER PRIMARY KEY, reserved INTEGER NOT NULL)");
  const row = store
    .prepare(
      `INSERT INTO changes (container, reserved) VALUES (?, ${RESERVED}) ` +
        `ON CONFLICT DO UPDATE SET reserved = reserved + ${RESERVED} RETURNING reserved`,
    )
    .get(container);
  return Number(row?.reserved) - RESERVED + 1;
}

/** The table, with its changes numbered. A change that is undone leaves a gap, and is told of all the same. */
export function withChanges(
  table: DocumentTable,
  first: number,
): { readonly documents: DocumentTable; readonly changes: ChangeLog } {
  let last = first;
  const listeners = new Set<(rid: number) => void>();
  const note = (rid: number): void => {
    last++;
    for (const listener of listeners) listener(rid);
  };
  const documents: DocumentTable = {
    ...table,
    insert: (document) => {
      const inserted = table.insert(document);
      if (inserted) note(document.rid);
      return inserted;
    },
    update: (document) => {
      table.update(document);
      note(document.rid);
    },
    remove: (rid) => {
      table.remove(rid);
      note(rid);
    },
  };
  const watch: ChangeLog["watch"] = (listener) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return { documents, changes: { last: () => last, watch } };
}
