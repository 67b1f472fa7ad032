import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { confirmRefusals } from "./confirm-refusals.ts";
import { inTime, type WriteAnswer, writeAnswerOf, writeAnswerOfError } from "./cosmos.ts";
import { findWrongKey } from "./partition-key.ts";
import type { WriteResult } from "./write-result.ts";

/** A bulk request takes 100 operations a partition range; the SDK splits by range and size. */
const OPERATIONS = 100;
const REQUESTS_AT_ONCE = 4;
const UNANSWERED = {
  status: "unavailable",
  retryAfterMs: 0,
  reason: "the bulk request left an operation unanswered",
} as const satisfies WriteResult;

interface Document {
  readonly id: string;
  readonly org_id: string;
}

/**
 * Creates documents whose partition key is `/org_id, /id`, in bulk, and none where the container has another key. One
 * result for each, in order. Never throws for an answer of the store. `items.bulk` is deprecated, but its successor
 * sleeps a second in every call (docs/adr).
 */
export async function createDocuments(container: Container, documents: readonly Document[]): Promise<WriteResult[]> {
  const wrongKey = documents.length === 0 ? undefined : await findWrongKey(container);
  if (wrongKey !== undefined) return documents.map(() => ({ ...UNANSWERED, reason: wrongKey }));
  const chunks: (typeof documents)[] = [];
  for (let i = 0; i < documents.length; i += OPERATIONS) chunks.push(documents.slice(i, i + OPERATIONS));
  const answers: WriteAnswer[][] = [];
  for (let i = 0; i < chunks.length; i += REQUESTS_AT_ONCE) {
    answers.push(
      ...(await Promise.all(chunks.slice(i, i + REQUESTS_AT_ONCE).map((chunk) => createChunk(container, chunk)))),
    );
  }
  const attempts = answers.flat().map((answer, i) => {
    const document = documents[i];
    return { answer, again: async () => (document ? createOne(container, document) : answer) };
  });
  return confirmRefusals(container, attempts);
}

async function createChunk(container: Container, chunk: readonly Document[]): Promise<WriteAnswer[]> {
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
      return writeAnswerOf(response.statusCode, retryAfterMilliseconds, message ?? `status ${response.statusCode}`);
    });
  } catch (error) {
    const answer = writeAnswerOfError(causeOf(error));
    // The request as a whole was too large, or one document in it is not right.
    if (answer.status === "refused") return Promise.all(chunk.map((document) => createOne(container, document)));
    return chunk.map(() => (answer.status === "unavailable" || answer.status === "doubted" ? answer : UNANSWERED));
  }
}

async function createOne(container: Container, document: Document): Promise<WriteAnswer> {
  try {
    await inTime((abortSignal) => container.items.create(document, { abortSignal }));
    return { status: "written" };
  } catch (error) {
    return writeAnswerOfError(error);
  }
}

function toOperation(document: Document): OperationInput {
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
