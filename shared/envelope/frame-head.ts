import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { isReceiptNewer, readReceipt } from "../receipt/receipt-id.ts";

/** Members that this release does not know are kept, and travel on. */
export interface EnvelopeHead {
  readonly org_id: string;
  readonly receipt_id: string;
  /** Events of the request, whatever their outcome. */
  readonly events: number;
  /** Size of the unpacked body in bytes: the memory that persisting it takes. */
  readonly bytes: number;
}

export interface ClaimCheck {
  readonly blob: string;
  /** How often the store said that there is no such blob. */
  readonly missed?: number;
}

export type HeadFields = Readonly<Record<string, unknown>>;

/** Throws a RangeError for bytes that are no JSON object. */
export function parseHead(bytes: Buffer): HeadFields {
  try {
    const head: unknown = JSON.parse(bytes.toString());
    if (typeof head === "object" && head !== null) return head as HeadFields;
  } catch {
    // Damaged like any other unreadable head, and reported so below.
  }
  throw new RangeError("the envelope's head is not JSON");
}

/** Throws a RangeError for a head that does not say what every head says. */
export function checkHead(head: HeadFields): EnvelopeHead {
  const { org_id, receipt_id, events, bytes } = head;
  if (
    typeof org_id !== "string" ||
    typeof receipt_id !== "string" ||
    typeof events !== "number" ||
    typeof bytes !== "number"
  ) {
    throw new RangeError("the envelope's head lacks org, receipt, events or bytes");
  }
  if (org_id !== SERVICE_ORG_ID) {
    if (isReceiptNewer(receipt_id)) throw new RangeError(`a receipt of a newer release: ${JSON.stringify(receipt_id)}`);
    readReceipt(receipt_id);
  }
  return { ...head, org_id, receipt_id, events, bytes };
}

/** The head of a claim check, taken apart. Throws a RangeError as {@link checkHead} does. */
export function checkClaim(fields: HeadFields): ClaimCheck & { readonly head: EnvelopeHead } {
  const { blob, missed, ...rest } = fields;
  if (typeof blob !== "string") throw new RangeError("the claim check names no blob");
  return { head: checkHead(rest), blob, ...(typeof missed === "number" && { missed }) };
}
