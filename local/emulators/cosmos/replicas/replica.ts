import type { OpenContainer } from "../store/catalog.ts";
import { openStore } from "../store/database.ts";
import { openDocumentTable } from "../store/document-table.ts";

/** A copy of a container as it was at one moment: a state that the container had, and never a mixture of two. */
export interface Replica {
  readonly open: OpenContainer;
  /** The number of the last change that it has. */
  readonly upTo: () => number;
  /** When it was last brought up to date, by `performance.now()`. */
  readonly since: () => number;
  /** How many documents have changed since. */
  readonly behind: () => number;
  catchUp(): void;
  /** Follows the container no longer. A query under way still ends. */
  stop(): void;
}

/** Copies all documents, into memory. */
export function createReplica(source: OpenContainer): Replica {
  const store = openStore(":memory:", false);
  const documents = store.transact(() => openDocumentTable(store, source.container));
  const changed = new Set(source.documents.listRids());
  let upTo = 0;
  let since = 0;
  const stop = source.changes.watch((rid) => changed.add(rid));

  function catchUp(): void {
    store.transact(() => {
      for (const rid of changed) documents.remove(rid);
      for (const rid of changed) {
        const document = source.documents.read(rid);
        if (document) documents.insert(document);
      }
    });
    changed.clear();
    upTo = source.changes.last();
    since = performance.now();
  }

  catchUp();
  return {
    open: { ...source, store, documents },
    upTo: () => upTo,
    since: () => since,
    behind: () => changed.size,
    catchUp,
    stop,
  };
}
