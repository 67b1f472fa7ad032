import { BulkOperationType, type Container, type JSONObject, type OperationInput } from "@azure/cosmos";
import { type Deadline, noDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import { confirmRefusals } from "./confirm-refusals.ts";
import { inTime, type WriteAnswer, writeAnswerOf, writeAnswerOfError } from "./cosmos.ts";
import { findWrongKey } from "./partition-key.ts";
import { isSilence, type WriteResult } from "./write-result.ts";

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

const LATE = { ...UNANSWERED, reason: "there was no time left to ask the store" };

/**
 * Creates documents whose partition key is `/org_id, /id`, in bulk, and none where the container has another key. One
 * result for each, in order. Never throws for an answer of the store. After a round of requests that nobody answered,
 * and when the time is over, the rest is not asked for. `items.bulk` is deprecated, but its successor sleeps a second
 * in every call (docs/adr).
 */
export async function createDocuments(
  container: Container,
  documents: readonly Document[],
  deadline: Deadline = noDeadline,
): Promise<WriteResult[]> {
  const wrongKey = documents.length === 0 ? undefined : await findWrongKey(container);
  if (wrongKey !== undefined) {
    reached("container-has-another-key");
    return documents.map(() => ({ ...UNANSWERED, reason: wrongKey }));
  }
  const chunks: (typeof documents)[] = [];
  for (let i = 0; i < documents.length; i += OPERATIONS) chunks.push(documents.slice(i, i + OPERATIONS));
  const answers: WriteAnswer[] = [];
  let silence: WriteAnswer | undefined;
  for (let i = 0; i < chunks.length && !silence && !deadline.isOver(); i += REQUESTS_AT_ONCE) {
    const some = chunks.slice(i, i + REQUESTS_AT_ONCE);
    const round = (await Promise.all(some.map((chunk) => createChunk(container, chunk, deadline)))).flat();
    if (isSilence(round)) {
      reached("nobody-answers-creates");
      silence = round[0];
    }
    answers.push(...round);
  }
  const attempts = documents.map((document, i) => {
    const answer = answers[i] ?? silence ?? LATE;
    return { answer, again: () => createOne(container, document, deadline) };
  });
  return confirmRefusals(container, attempts);
}

async function createChunk(
  container: Container,
  chunk: readonly Document[],
  deadline: Deadline,
): Promise<WriteAnswer[]> {
  const [only] = chunk;
  if (chunk.length === 1 && only) return [await createOne(container, only, deadline)];
  const options = { contentResponseOnWriteEnabled: false };
  try {
    const responses = await inTime(
      (abortSignal) =>
        container.items.bulk(chunk.map(toOperation), { continueOnError: true }, { ...options, abortSignal }),
      deadline,
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
    if (answer.status === "refused") {
      reached("bulk-request-too-large");
      return Promise.all(chunk.map((document) => createOne(container, document, deadline)));
    }
    return chunk.map(() => (answer.status === "unavailable" || answer.status === "doubted" ? answer : UNANSWERED));
  }
}

async function createOne(container: Container, document: Document, deadline: Deadline): Promise<WriteAnswer> {
  try {
    await inTime((abortSignal) => container.items.create(document, { abortSignal }), deadline);
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
