import type { Waiting } from "../types.ts";

const STORE = "events";

/** What waits in a database of this origin. Each rejects with the browser's error. */
export interface Database {
  /** Resolves when they are kept, as surely as the browser can. */
  put(events: ReadonlyMap<string, Waiting>): Promise<void>;
  /** The first ones by their key, and the keys of what is none. */
  read(count: number): Promise<{ readonly events: ReadonlyMap<string, Waiting>; readonly spoiled: readonly string[] }>;
  delete(keys: readonly string[]): Promise<void>;
  count(): Promise<number>;
  close(): void;
}

export function createDatabase(name: string): Database {
  let opening: Promise<IDBDatabase> | undefined;
  const forget = (): void => {
    opening = undefined;
  };
  const run = async <T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => () => T): Promise<T> => {
    opening ??= openDatabase(name, forget);
    const database = await opening.catch((error) => {
      forget();
      throw error;
    });
    return transact(database, mode, work);
  };
  return {
    put: (events) =>
      run("readwrite", (store) => {
        for (const [key, { id, json, bytes }] of events) store.put({ id, json, bytes }, key);
        return () => undefined;
      }),
    read: (count) =>
      run("readonly", (store) => {
        const [keys, values] = [store.getAllKeys(null, count), store.getAll(null, count)];
        return () => sortOut(keys.result.map(String), values.result);
      }),
    delete: (keys) =>
      run("readwrite", (store) => {
        for (const key of keys) store.delete(key);
        return () => undefined;
      }),
    count: () =>
      run("readonly", (store) => {
        const count = store.count();
        return () => count.result;
      }),
    close: () => {
      void opening?.then((database) => database.close()).catch(() => undefined);
      forget();
    },
  };
}

function openDatabase(name: string, forget: () => void): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name, 1);
    request.onupgradeneeded = () => void request.result.createObjectStore(STORE);
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // The browser takes it away, as when somebody clears the site's data: the next one who asks opens it anew.
      database.onclose = forget;
      database.onversionchange = () => {
        database.close();
        forget();
      };
      resolve(database);
    };
  });
}

/** `work` asks; what it gives is called once all of it is done. */
function transact<T>(
  database: IDBDatabase,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => () => T,
): Promise<T> {
  return new Promise((resolve, reject) => {
    // Strict: complete is said when it is on the disk, and not when it is in the hands of the system.
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const fail = (): void => reject(transaction.error ?? new Error("the transaction was aborted"));
    const result = work(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(result());
    transaction.onabort = fail;
    transaction.onerror = fail;
  });
}

function sortOut(keys: readonly string[], values: readonly unknown[]) {
  const events = new Map<string, Waiting>();
  const spoiled: string[] = [];
  keys.forEach((key, i) => {
    const { id, json, bytes } = Object(values[i]) as Waiting;
    if (typeof json === "string" && bytes > 0) events.set(key, { id, json, bytes });
    else spoiled.push(key);
  });
  return { events, spoiled };
}
