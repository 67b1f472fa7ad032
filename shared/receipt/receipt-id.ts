import { readBase64Url } from "../runtime/base64url.ts";
import { takeRandomBytes } from "../runtime/random-bytes.ts";
import { reached } from "../runtime/reached.ts";
import { formats, isNewer, isRead, newerThanThis } from "../store/formats.ts";
import { KEY_TAG_BYTES, type KeyRing, MAC_BYTES, purposeOf } from "./key-ring.ts";

/**
 * A receipt's id carries what can be said of a batch before any store knows it: when it was received, and how many
 * events it has. A MAC binds both to the org. base64url of `version 1 | key tag 4 | received at (ms) 6 | events 2 |
 * random 8 | MAC 16` (37 bytes, 50 characters). Version, key tag and MAC stay where they are in every version, and the
 * MAC covers all that stands between, for that version: so a release knows that a receipt of a newer one is genuine.
 */
export interface Receipt {
  readonly receiptId: string;
  readonly receivedAt: number;
  readonly events: number;
}

const SIGNED_BYTES = 6 + 2 + 8;
const ID_BYTES = 1 + KEY_TAG_BYTES + SIGNED_BYTES + MAC_BYTES;
/** Room for what a newer version may add. */
const MOST_BYTES = 200;
/** Of what every version has. */
const LEAST_BYTES = 1 + KEY_TAG_BYTES + MAC_BYTES;

/** Slots of a day that an org's ledger is spread over: one logical partition takes 10,000 RU/s and 20 GB. */
export const SLOTS_PER_DAY = 4;

/** A new receipt of a batch of `events` events, received at `receivedAt` (ms since 1970). */
export function mintReceipt(keys: KeyRing, orgId: string, receivedAt: number, events: number): Receipt {
  const signed = Buffer.alloc(SIGNED_BYTES);
  signed.writeUIntBE(receivedAt, 0, 6);
  signed.writeUInt16BE(events, 6);
  takeRandomBytes(8).copy(signed, 8);
  const version = formats.receipt.writes;
  const { tag, mac } = keys.sign(purposeOf("receipt", version), orgId, signed);
  const receiptId = Buffer.concat([Buffer.of(version), tag, signed, mac]).toString("base64url");
  return { receiptId, receivedAt, events };
}

/**
 * The receipt, or undefined for an id that this deployment never gave to this org. Throws AppError `store_unavailable`
 * for one that a newer release gave.
 */
export function verifyReceipt(keys: KeyRing, orgId: string, receiptId: string): Receipt | undefined {
  const bytes = readBase64Url(receiptId);
  const version = bytes?.[0] ?? 0;
  const isKnown = isRead("receipt", version);
  if (!bytes || bytes.length > MOST_BYTES || bytes.length < LEAST_BYTES) return undefined;
  if (isKnown && bytes.length !== ID_BYTES) return undefined;
  const signedAt = 1 + KEY_TAG_BYTES;
  const signed = bytes.subarray(signedAt, -MAC_BYTES);
  const tag = bytes.subarray(1, signedAt);
  if (!keys.verify(purposeOf("receipt", version), orgId, signed, tag, bytes.subarray(-MAC_BYTES))) return undefined;
  if (!isKnown) {
    reached("receipt-of-newer-release");
    throw newerThanThis("receipt", version);
  }
  return readReceipt(receiptId);
}

/** Whether only a newer release can read this receipt id of the pipeline. */
export function isReceiptNewer(receiptId: string): boolean {
  return isNewer("receipt", Buffer.from(receiptId.slice(0, 4), "base64url")[0] ?? 0);
}

/** Reads an id that comes from inside the pipeline, where the org is known to be right. */
export function readReceipt(receiptId: string): Receipt {
  const bytes = Buffer.from(receiptId, "base64url");
  if (bytes.length !== ID_BYTES) throw new RangeError(`not a receipt id: ${JSON.stringify(receiptId)}`);
  const signedAt = 1 + KEY_TAG_BYTES;
  return { receiptId, receivedAt: bytes.readUIntBE(signedAt, 6), events: bytes.readUInt16BE(signedAt + 6) };
}

/** The ledger's second partition key: the day of the receipt and a shard, both from the id alone. `2026-11-22.3` */
export function slotOf(receiptId: string): string {
  const { receivedAt } = readReceipt(receiptId);
  const shard = (Buffer.from(receiptId, "base64url")[1 + KEY_TAG_BYTES + 8] ?? 0) % SLOTS_PER_DAY;
  return `${new Date(receivedAt).toISOString().slice(0, 10)}.${shard}`;
}
