import { BulkOperationType, type Container, type ItemDefinition, type OperationInput } from "@azure/cosmos";
import { reached } from "../runtime/reached.ts";
import { readDocument, reading } from "./cosmos.ts";

/** A bulk request takes 100 operations a partition range; the SDK splits by range. */
const OPERATIONS = 100;

/** Two levels, as the product's containers have them. */
type Key = readonly [string, string];

/** As `readDocument`: undefined when there is no such document. Throws AppError `store_unavailable`. */
export type ReadTogether<T> = (id: string, key: Key) => Promise<T | undefined>;

interface Wanted<T> {
  readonly id: string;
  readonly key: Key;
  readonly resolve: (found: T | undefined | Promise<T | undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Reads that are asked for at one moment go in one bulk request, and one alone as a point read. They cost the same
 * request units: what is saved is a request for each. An operation that says neither what is there nor that nothing is
 * is asked for again by itself.
 */
export function createReadTogether<T extends ItemDefinition>(container: Container): ReadTogether<T> {
  let waiting: Wanted<T>[] = [];

  function readAlone({ id, key }: Wanted<T>): Promise<T | undefined> {
    return readDocument<T>(container, id, [...key]);
  }

  async function readMany(some: readonly Wanted<T>[]): Promise<void> {
    try {
      const found = await reading((abortSignal) =>
        container.items.bulk(some.map(toOperation), { continueOnError: true }, { abortSignal }),
      );
      for (const [i, wanted] of some.entries()) {
        const { statusCode, resourceBody, subStatusCode } = (found[i] ?? {}) as Found<T>;
        if (statusCode === 200) wanted.resolve(resourceBody);
        else if (statusCode === 404 && !subStatusCode) wanted.resolve(undefined);
        else {
          reached("bulk-read-says-nothing");
          wanted.resolve(readAlone(wanted));
        }
      }
    } catch (error) {
      for (const { reject } of some) reject(error);
    }
  }

  function readWaiting(): void {
    const all = waiting;
    waiting = [];
    const [only] = all;
    if (all.length === 1 && only) only.resolve(readAlone(only));
    else for (let i = 0; i < all.length; i += OPERATIONS) void readMany(all.slice(i, i + OPERATIONS));
  }

  return (id, key) =>
    new Promise((resolve, reject) => {
      if (waiting.length === 0) queueMicrotask(readWaiting);
      waiting.push({ id, key, resolve, reject });
    });
}

interface Found<T> {
  readonly statusCode?: number;
  readonly subStatusCode?: number;
  readonly resourceBody?: T;
}

function toOperation({ id, key }: { readonly id: string; readonly key: Key }): OperationInput {
  return { operationType: BulkOperationType.Read, id, partitionKey: [...key] };
}
