import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { inTime, reading, type WriteAnswer, writeAnswerOf, writeAnswerOfError } from "../store/cosmos.ts";
import { stamp } from "../store/formats.ts";
import { findWrongKey } from "../store/partition-key.ts";
import type { WriteResult } from "../store/write-result.ts";
import type { DeltaStep, EntryStep, MergeStep, Slot } from "./ledger-store.ts";

/*
 * What is written to the ledger: transactional batches, each within one slot.
 */

/** A 400 is about the container: entries and deltas are of our own making. */
export async function createEntries(container: Container, step: EntryStep): Promise<WriteResult> {
  const wrongKey = await findWrongKey(container);
  if (wrongKey !== undefined) return { status: "unavailable", retryAfterMs: 0, reason: wrongKey };
  const answer = await tryEntries(container, step);
  if (answer.status !== "doubted") return answer;
  const reason = `${(await findWrongKey(container, true)) ?? "the ledger takes no entry"}: ${answer.reason}`;
  return { status: "unavailable", retryAfterMs: 0, reason };
}

async function tryEntries(container: Container, { orgId, slot, entries, delta }: EntryStep): Promise<WriteAnswer> {
  const documents = [...entries.map((entry) => stamp("entry", entry)), stamp("delta", delta)];
  const ask = (abortSignal: AbortSignal) =>
    container.items.batch(documents.map(toCreate), [orgId, slot], quietly(abortSignal));
  try {
    const { result = [] } = await inTime(ask);
    // All others of one that was undone have 424.
    const failed = result.find(({ statusCode }) => statusCode >= 400 && statusCode !== 424) ?? result[0];
    const { retryAfterMilliseconds } = (failed ?? {}) as { readonly retryAfterMilliseconds?: number };
    return writeAnswerOf(failed?.statusCode ?? 0, retryAfterMilliseconds, "the batch was undone");
  } catch (error) {
    // The SDK wraps the store's answer.
    return writeAnswerOfError(error instanceof Error && error.cause instanceof Error ? error.cause : error);
  }
}

/** Adds entries to rollups. False when anything had changed since it was read. */
export function merge(container: Container, { orgId, slot, rollups, entries }: MergeStep): Promise<boolean> {
  const writes = rollups.map(({ rollup, etag }) => toWrite(stamp("rollup", rollup), etag));
  const marks = entries.map(({ id, etag, mergedInto, mergedSeq }): OperationInput => {
    const operations = [
      { op: "set" as const, path: "/open", value: false },
      { op: "set" as const, path: "/merged_into", value: mergedInto },
      { op: "set" as const, path: "/merged_seq", value: mergedSeq },
    ];
    return { operationType: BulkOperationType.Patch, id, ifMatch: etag, resourceBody: { operations } };
  });
  return commit(container, { orgId, slot }, [...writes, ...marks]);
}

/** Moves deltas into a head. False when anything had changed since it was read. */
export function mergeDeltas(container: Container, step: DeltaStep): Promise<boolean> {
  const { head, etag, part, deltas } = step;
  const sealed = part === undefined ? [] : [toCreate(stamp("part", part))];
  const deletions = deltas.map((id): OperationInput => ({ operationType: BulkOperationType.Delete, id }));
  return commit(container, step, [toWrite(stamp("head", head), etag), ...sealed, ...deletions]);
}

/** One transaction: everything in it, or, when anything has changed since it was read, nothing. */
function commit(container: Container, { orgId, slot }: Slot, operations: OperationInput[]): Promise<boolean> {
  return reading(async (abortSignal) => {
    const { code, result } = await container.items.batch(operations, [orgId, slot], quietly(abortSignal));
    const statuses = result?.map((operation) => operation.statusCode) ?? [];
    if (statuses.length > 0 && statuses.every((status) => status < 300)) return true;
    if (statuses.some((status) => status === 412 || status === 409 || status === 404)) return false;
    throw new Error(`a merge was refused: ${code}, ${statuses.join(" ")}`);
  });
}

/** With the ETag that it was read with, or without one where none may exist yet. */
function toWrite(document: { readonly id: string }, etag: string | undefined): OperationInput {
  if (etag === undefined) return toCreate(document);
  const resourceBody = document as unknown as JSONObject;
  return { operationType: BulkOperationType.Replace, id: document.id, ifMatch: etag, resourceBody };
}

function toCreate(document: object): OperationInput {
  return { operationType: BulkOperationType.Create, resourceBody: document as JSONObject };
}

/** Nobody reads the documents that were written. */
const quietly = (abortSignal: AbortSignal) => ({ contentResponseOnWriteEnabled: false, abortSignal });
