import type { ClaimStore } from "../envelope/claim-store.ts";
import type { QuarantinedItem } from "../envelope/content.ts";
import { nameUnreadable } from "../envelope/frame.ts";
import { AppError, type EventProblemCode } from "../errors.ts";
import { markOf } from "../event/decide-outcome.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { readReceipt } from "../receipt/receipt-id.ts";
import { noDeadline } from "../runtime/deadline.ts";
import type { WriteResult } from "../store/write-result.ts";
import { NET_TTL_SECONDS } from "./kept-until.ts";
import type { QuarantineDocument, QuarantineStore } from "./quarantine-store.ts";

/**
 * Writes events that cannot be stored into quarantine. Writing one again changes nothing: its id is the envelope's id
 * and the index.
 */
export interface Quarantine {
  /** Keeps the items that are given, at their indexes. */
  keepItems(
    orgId: string,
    receiptId: string,
    items: readonly (QuarantinedItem | undefined)[],
  ): Promise<readonly WriteResult[]>;
  /** Keeps an envelope that nobody can read. When the body is lost, only the fact is kept. */
  keepEnvelope(
    orgId: string,
    receiptId: string,
    code: EventProblemCode,
    body: Buffer | undefined,
  ): Promise<WriteResult>;
  /** Keeps bytes that belong to no org that is known, once for each `source` where they were found. */
  keepBytes(source: string, bytes: Buffer): Promise<WriteResult>;
}

/** Larger content goes into a blob: a document takes 2 MB. */
const MAX_DOCUMENT_BYTES = 512 * 1024;

const UNANSWERED: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the store gave no answer" };

/**
 * Keeps an event that cannot be stored; if it is too large for a document, it goes into a blob beside it.
 *
 * @param deadline of the work that events are kept for
 */
export function createQuarantine(store: QuarantineStore, claims: ClaimStore, deadline = noDeadline): Quarantine {
  const keep = async (documents: readonly QuarantineDocument[]): Promise<WriteResult[]> => {
    if (documents.length === 0) return [];
    const slim = await Promise.all(
      documents.map((document) => (isLarge(document) ? moveToBlob(claims, document) : document)),
    );
    const results = await store.create(slim, deadline);
    return Promise.all(
      results.map(async (result, i) => {
        const document = documents[i];
        return result.status === "refused" && document ? keepRefused(store, claims, document) : result;
      }),
    );
  };
  const keepOne = async (document: QuarantineDocument): Promise<WriteResult> =>
    (await keep([document]))[0] ?? UNANSWERED;
  return {
    keepItems: (orgId, receiptId, items) =>
      keep(items.flatMap((item, index) => (item ? [toDocument(orgId, receiptId, index, item)] : []))),
    keepEnvelope: (orgId, receiptId, code, body) =>
      keepOne({
        ...toDocument(orgId, receiptId, null, {
          code,
          path: "",
          message: "",
          raw: { base64: body?.toString("base64") ?? "" },
        }),
        id: `${receiptId}:all`,
      }),
    keepBytes: (source, bytes) =>
      keepOne({
        id: nameUnreadable(source, bytes),
        org_id: SERVICE_ORG_ID,
        receipt_id: "",
        index: null,
        received_at: new Date().toISOString(),
        code: "unreadable_envelope",
        path: "",
        message: source,
        raw: { base64: bytes.toString("base64") },
        ttl: NET_TTL_SECONDS,
      }),
  };
}

function toDocument(
  orgId: string,
  receiptId: string,
  index: number | null,
  { code, path, message, raw, ...fields }: QuarantinedItem,
): QuarantineDocument {
  const receivedAt = new Date(readReceipt(receiptId).receivedAt).toISOString();
  const id = markOf(receiptId, index ?? 0);
  const place = { id, org_id: orgId, receipt_id: receiptId, index, received_at: receivedAt };
  return { ...place, code, path, message, ...fields, raw, ttl: NET_TTL_SECONDS };
}

function isLarge(document: QuarantineDocument): boolean {
  return Buffer.byteLength(JSON.stringify(document.raw)) > MAX_DOCUMENT_BYTES;
}

async function moveToBlob(claims: ClaimStore, document: QuarantineDocument): Promise<QuarantineDocument> {
  const blob = `quarantine/${document.org_id}/${document.id.replace(":", "/")}`;
  try {
    await claims.put(blob, Buffer.from(JSON.stringify(document.raw)));
  } catch (cause) {
    throw new AppError("store_unavailable", "the blob for a quarantined event cannot be written", {
      cause,
      retryAfter: 1,
    });
  }
  return { ...document, raw: { blob } };
}

/** The store refuses even the document around the event. Its refusal goes into a blob, and the rest is plain. */
async function keepRefused(
  store: QuarantineStore,
  claims: ClaimStore,
  document: QuarantineDocument,
): Promise<WriteResult> {
  const [result] = await store.create([await moveToBlob(claims, document)]);
  if (result?.status === "refused") throw new Error(`the store refuses a quarantine document: ${result.reason}`);
  return result ?? UNANSWERED;
}
