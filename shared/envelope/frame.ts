import { createHash } from "node:crypto";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { readReceipt } from "../receipt/receipt-id.ts";

/**
 * How an envelope travels: `version 1 | kind 1 | head length 2 | head (JSON) | body`. The head names its org and its
 * size, so that the dispatcher can regroup envelopes without unpacking them.
 */
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

export type Frame =
  /** The body is the envelope's content, zstd-compressed JSON. */
  | { readonly kind: "inline"; readonly head: EnvelopeHead; readonly body: Buffer }
  /** The frame itself is in the blob: a claim check. */
  | ({ readonly kind: "claim"; readonly head: EnvelopeHead } & ClaimCheck)
  /**
   * A message that is not one of ours, or is damaged. The body is the bytes that were found, the source the place
   * where.
   */
  | { readonly kind: "unreadable"; readonly source: string; readonly body: Buffer };

/**
 * Names bytes that cannot be read, for ever: by the place where they were found and by what they are, since a place may
 * be told wrongly.
 */
export function nameUnreadable(source: string, body: Buffer): string {
  return createHash("sha256").update(source).update("\n").update(body).digest("base64url");
}

const VERSION = 1;
const kinds = { inline: 1, claim: 2, unreadable: 3 } as const;
const PREFIX_BYTES = 4;

/** `version | kind | head length | head | body`, as messages and blobs hold it. */
export function encodeFrame(frame: Frame): Buffer {
  const head =
    frame.kind === "unreadable"
      ? { source: frame.source }
      : frame.kind === "claim"
        ? { ...frame.head, blob: frame.blob, missed: frame.missed }
        : frame.head;
  const headBytes = Buffer.from(JSON.stringify(head));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix[0] = VERSION;
  prefix[1] = kinds[frame.kind];
  prefix.writeUInt16BE(headBytes.length, 2);
  return Buffer.concat(frame.kind === "claim" ? [prefix, headBytes] : [prefix, headBytes, frame.body]);
}

/** Throws a RangeError for bytes that are not a frame of this version. */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes.length < PREFIX_BYTES || bytes[0] !== VERSION) throw new RangeError("not an envelope of version 1");
  const headEnd = PREFIX_BYTES + bytes.readUInt16BE(2);
  if (headEnd > bytes.length) throw new RangeError("the envelope's head is cut off");
  const head = parseHead(bytes.subarray(PREFIX_BYTES, headEnd));
  const body = bytes.subarray(headEnd);
  if (bytes[1] === kinds.unreadable) return { kind: "unreadable", source: String(head.source), body };
  const { org_id, receipt_id, events, bytes: size, blob, missed } = head;
  if (
    typeof org_id !== "string" ||
    typeof receipt_id !== "string" ||
    typeof events !== "number" ||
    typeof size !== "number"
  ) {
    throw new RangeError("the envelope's head lacks org, receipt, events or bytes");
  }
  if (org_id !== SERVICE_ORG_ID) readReceipt(receipt_id);
  const envelopeHead = { org_id, receipt_id, events, bytes: size };
  if (bytes[1] === kinds.inline) return { kind: "inline", head: envelopeHead, body };
  if (bytes[1] !== kinds.claim || typeof blob !== "string")
    throw new RangeError(`unknown kind of envelope: ${bytes[1]}`);
  return { kind: "claim", head: envelopeHead, blob, ...(typeof missed === "number" && { missed }) };
}

function parseHead(bytes: Buffer): Readonly<Record<string, unknown>> {
  try {
    const head: unknown = JSON.parse(bytes.toString());
    if (typeof head === "object" && head !== null) return head as Record<string, unknown>;
  } catch {
    // Damaged like any other unreadable head, and reported so below.
  }
  throw new RangeError("the envelope's head is not JSON");
}
