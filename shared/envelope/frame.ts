import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { reached } from "../runtime/reached.ts";
import { formats, isRead } from "../store/formats.ts";
import { type ClaimCheck, checkClaim, checkHead, type EnvelopeHead, parseHead } from "./frame-head.ts";

/**
 * How an envelope travels: `magic 3 | version 1 | CRC 4 | head's CRC 4 | kind 1 | head length 2 | head (JSON) | body`.
 * The first CRC-32 is that of the version and of everything behind it; the head's covers kind, length and head. The
 * head names its org and its size, so that the dispatcher can regroup envelopes without unpacking them.
 *
 * Magic, version and first CRC stay as they are in every version: by them a release tells a whole frame of a newer one
 * from foreign bytes, and from a frame that was cut off. Version 1, of the releases up to 0.4.0, has none of them:
 * `version 1 | kind 1 | head length 2 | head (JSON) | body`.
 */
export type Frame =
  /** The body is the envelope's content, zstd-compressed JSON; `damaged`: it is not as it was written. */
  | ({ readonly kind: "inline"; readonly head: EnvelopeHead; readonly body: Buffer; readonly damaged?: true } & Encoded)
  /** The frame itself is in the blob: a claim check. */
  | ({ readonly kind: "claim"; readonly head: EnvelopeHead } & ClaimCheck)
  /**
   * A message that is not one of ours, or is damaged. The body is the bytes that were found, the source the place
   * where.
   */
  | ({ readonly kind: "unreadable"; readonly source: string; readonly body: Buffer } & Encoded)
  /** Whole, and of a release that knows more than this one. */
  | { readonly kind: "newer"; readonly version: number; readonly encoded: Buffer };

/** The bytes that it was read from, so that what it has besides travels on. */
interface Encoded {
  readonly encoded?: Buffer;
}

/**
 * Names bytes that cannot be read, for ever: by the place where they were found and by what they are, since a place may
 * be told wrongly.
 */
export function nameUnreadable(source: string, body: Buffer): string {
  return createHash("sha256").update(source).update("\n").update(body).digest("base64url");
}

export function isUnreadableName(id: string): boolean {
  return /^[\w-]{43}$/.test(id);
}

/** Undefined for a frame that belongs to no envelope which this release knows. */
export function headOf(frame: Frame): EnvelopeHead | undefined {
  return "head" in frame ? frame.head : undefined;
}

/** F5 is in no UTF-8 text, and no frame of version 1 begins with it. */
const MAGIC = Buffer.from([0xf5, 0x48, 0x52]);
const VERSION_AT = MAGIC.length;
const CRC_AT = VERSION_AT + 1;
const HEAD_CRC_AT = CRC_AT + 4;
const KIND_AT = HEAD_CRC_AT + 4;
const kinds = { inline: 1, claim: 2, unreadable: 3 } as const;
/** Of `kind 1 | head length 2`. */
const KIND_BYTES = 3;
/** Where kind, head length and head of version 1 begin. */
const FIRST_KIND_AT = 1;
const FIRST_VERSION = 1;

/** As messages and blobs hold it: as it was read, if it was and nothing in it is new. */
export function encodeFrame(frame: Frame): Buffer {
  if (frame.kind === "newer") return frame.encoded;
  if (frame.kind !== "claim" && frame.encoded) return frame.encoded;
  const head =
    frame.kind === "unreadable"
      ? { source: frame.source }
      : frame.kind === "claim"
        ? { ...frame.head, blob: frame.blob, missed: frame.missed }
        : frame.head;
  return assemble(kinds[frame.kind], Buffer.from(JSON.stringify(head)), frame.kind === "claim" ? [] : [frame.body]);
}

function assemble(kind: number, head: Buffer, body: readonly Buffer[]): Buffer {
  const prefix = Buffer.alloc(KIND_AT + KIND_BYTES);
  MAGIC.copy(prefix);
  prefix[VERSION_AT] = formats.frame.writes;
  prefix[KIND_AT] = kind;
  prefix.writeUInt16BE(head.length, KIND_AT + 1);
  const bytes = Buffer.concat([prefix, head, ...body]);
  bytes.writeUInt32BE(crc32(bytes.subarray(KIND_AT, KIND_AT + KIND_BYTES + head.length)), HEAD_CRC_AT);
  bytes.writeUInt32BE(crcOf(bytes), CRC_AT);
  return bytes;
}

/** The first CRC of a frame: without the version in it, a changed one would be taken for a newer release's. */
function crcOf(bytes: Buffer): number {
  return crc32(bytes.subarray(HEAD_CRC_AT), crc32(bytes.subarray(VERSION_AT, CRC_AT)));
}

/** Throws a RangeError for bytes that are not a frame, or not enough of one to tell whose it is. */
export function decodeFrame(bytes: Buffer): Frame {
  if (bytes[0] === FIRST_VERSION) return readKind(bytes, takeParts(bytes, FIRST_KIND_AT), true);
  if (bytes.length < HEAD_CRC_AT || !bytes.subarray(0, VERSION_AT).equals(MAGIC))
    throw new RangeError("not an envelope");
  const version = bytes[VERSION_AT] ?? 0;
  const isWhole = crcOf(bytes) === bytes.readUInt32BE(CRC_AT);
  try {
    if (!isRead("frame", version)) throw new RangeError(`an envelope of version ${version}`);
    const parts = takeParts(bytes, KIND_AT);
    if (crc32(bytes.subarray(KIND_AT, parts.headEnd)) !== bytes.readUInt32BE(HEAD_CRC_AT))
      throw new RangeError("the envelope's head is damaged");
    return readKind(bytes, parts, isWhole);
  } catch (error) {
    // It is as it was written, and so whoever wrote it knows what it means.
    if (isWhole && error instanceof RangeError) {
      reached("frame-of-newer-release");
      return { kind: "newer", version, encoded: bytes };
    }
    reached("frame-head-damaged");
    throw error;
  }
}

interface Parts {
  readonly kind: number | undefined;
  readonly head: Buffer;
  readonly headEnd: number;
}

function takeParts(bytes: Buffer, at: number): Parts {
  const headAt = at + KIND_BYTES;
  if (bytes.length < headAt) throw new RangeError("the envelope is cut off");
  const headEnd = headAt + bytes.readUInt16BE(at + 1);
  if (headEnd > bytes.length) throw new RangeError("the envelope's head is cut off");
  return { kind: bytes[at], head: bytes.subarray(headAt, headEnd), headEnd };
}

function readKind(encoded: Buffer, { kind, head, headEnd }: Parts, isWhole: boolean): Frame {
  const fields = parseHead(head);
  const body = encoded.subarray(headEnd);
  if (kind === kinds.unreadable) return { kind: "unreadable", source: String(fields.source), body, encoded };
  if (kind === kinds.claim) return { kind: "claim", ...checkClaim(fields) };
  if (kind !== kinds.inline) throw new RangeError(`unknown kind of envelope: ${kind}`);
  return { kind: "inline", head: checkHead(fields), body, encoded, ...(!isWhole && { damaged: true }) };
}
