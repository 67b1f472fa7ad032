import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { reading } from "./cosmos.ts";

interface Document {
  readonly id: string;
}

/** Documents as they are stored, their format included. */
export type BatchWrite = { readonly create: Document } | { readonly replace: Document; readonly etag: string };

/**
 * One transactional batch: everything in it, or nothing. False when something that is created is there, or something
 * replaced has changed. At most 100 writes and 2 MB. Throws AppError `store_unavailable`.
 */
export function commitBatch(container: Container, key: string, writes: readonly BatchWrite[]): Promise<boolean> {
  const operations = writes.map(toOperation);
  return reading(async (abortSignal) => {
    const { code, result } = await container.items.batch(operations, key, { abortSignal });
    const statuses = result?.map((operation) => operation.statusCode) ?? [];
    if (statuses.length === writes.length && statuses.every((status) => status < 300)) return true;
    // 404: it expired between reading and replacing.
    if (statuses.some((status) => status === 409 || status === 412 || status === 404)) return false;
    throw new Error(`a change was refused: ${code}, ${statuses.join(" ")}`);
  });
}

function toOperation(write: BatchWrite): OperationInput {
  if ("create" in write) return { operationType: BulkOperationType.Create, resourceBody: bodyOf(write.create) };
  const { replace, etag } = write;
  return { operationType: BulkOperationType.Replace, id: replace.id, ifMatch: etag, resourceBody: bodyOf(replace) };
}

function bodyOf(document: Document): JSONObject {
  return document as unknown as JSONObject;
}
