import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { inTime, writeResultOf, writeResultOfError } from "./cosmos.ts";
import type { WriteResult } from "./write-result.ts";

/** A bulk request takes 100 operations a partition range; the SDK splits by range and size. */
const OPERATIONS = 100;
const REQUESTS_AT_ONCE = 4;
const UNANSWERED: WriteResult = {
  status: "unavailable",
  retryAfterMs: 0,
  reason: "the bulk request left an operation unanswered",
};

/**
 * Creates documents whose partition key is `/org_id, /id`, in bulk. One result for each, in order. Never throws for an
 * answer of the store. `items.bulk` is deprecated, but its successor sleeps a second in every call (docs/adr).
 */
export async function createDocuments(
  container: Container,
  documents: readonly { readonly id: string; readonly org_id: string }[],
): Promise<WriteResult[]> {
  const chunks: (typeof documents)[] = [];
  for (let i = 0; i < documents.length; i += OPERATIONS) chunks.push(documents.slice(i, i + OPERATIONS));
  const results: WriteResult[][] = [];
  for (let i = 0; i < chunks.length; i += REQUESTS_AT_ONCE) {
    results.push(
      ...(await Promise.all(chunks.slice(i, i + REQUESTS_AT_ONCE).map((chunk) => createChunk(container, chunk)))),
    );
  }
  return results.flat();
}

async function createChunk(
  container: Container,
  chunk: readonly { id: string; org_id: string }[],
): Promise<WriteResult[]> {
  const [only] = chunk;
  if (chunk.length === 1 && only) return [await createOne(container, only)];
  try {
    const responses = await inTime((abortSignal) =>
      container.items.bulk(
        chunk.map(toOperation),
        { continueOnError: true },
        { contentResponseOnWriteEnabled: false, abortSignal },
      ),
    );
    return chunk.map((_, i) => {
      const response = responses[i];
      if (!response) return UNANSWERED;
      const { retryAfterMilliseconds, message } = response as { retryAfterMilliseconds?: number; message?: string };
      return writeResultOf(response.statusCode, retryAfterMilliseconds, message ?? `status ${response.statusCode}`);
    });
  } catch (error) {
    const result = writeResultOfError(causeOf(error));
    // The request as a whole was refused: one document in it may be the reason.
    if (result.status === "refused") return Promise.all(chunk.map((document) => createOne(container, document)));
    return chunk.map(() => (result.status === "unavailable" ? result : UNANSWERED));
  }
}

async function createOne(container: Container, document: { id: string; org_id: string }): Promise<WriteResult> {
  try {
    await inTime((abortSignal) => container.items.create(document, { abortSignal }));
    return { status: "written" };
  } catch (error) {
    return writeResultOfError(error);
  }
}

function toOperation(document: { readonly id: string; readonly org_id: string }): OperationInput {
  return {
    operationType: BulkOperationType.Create,
    partitionKey: [document.org_id, document.id],
    resourceBody: document as unknown as JSONObject,
  };
}

/** `items.bulk` wraps the store's answer. */
function causeOf(error: unknown): unknown {
  return error instanceof Error && error.cause instanceof Error ? error.cause : error;
}
