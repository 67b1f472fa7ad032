import { isUtf8 } from "node:buffer";
import type { ItemText, OfRequest, QuarantinedItem, RawContent } from "../envelope/content.ts";
import { legibleFieldsOf } from "../envelope/legible-fields.ts";
import type { Turns } from "../runtime/turn.ts";
import { decodeUtf8 } from "./decode-utf8.ts";
import { shorten } from "./describe.ts";
import { type KeptPrivately, keepPrivately } from "./privacy/keep-privately.ts";
import type { Privacy } from "./privacy/privacy.ts";
import type { EventProblem, RawBatch } from "./raw-batch.ts";

/** A multiple of 3, so that the base64 of slices is that of the whole. */
const SLICE = 3 * 16 * 1024;

/**
 * The item that keeps an invalid event: its problem, what can be read of it, what reading it again needs of its
 * request, and its own bytes, as text where they are UTF-8; or what the org's privacy rules leave of all that. A large
 * one comes in parts, and others have their turns while they are made.
 */
export async function quarantine(
  problem: EventProblem,
  batch: RawBatch,
  index: number,
  source: Buffer = Buffer.alloc(0),
  turns: Turns,
  privacy?: Privacy,
): Promise<ItemText> {
  const kept = privacy && keepPrivately(privacy, problem, batch, index, source);
  if (kept) return toItem(kept);
  const event = batch.events[index];
  const fields = event && "value" in event ? legibleFieldsOf(event.value) : undefined;
  const ofRequest = ofRequestOf(batch);
  const keep = (raw: RawContent): string => {
    const q: QuarantinedItem = { ...problem, path: shorten(problem.path), ...fields, ...ofRequest, raw };
    return JSON.stringify({ q });
  };
  if (source.length <= SLICE) {
    const text = decodeUtf8(source);
    return keep(text === undefined ? { base64: source.toString("base64") } : { text });
  }
  const isText = isUtf8(source);
  const empty = keep(isText ? { text: "" } : { base64: "" });
  // `raw` is the last member, and what it holds its only one.
  const end = empty.length - '"}}}'.length;
  const parts: string[] = [empty.slice(0, end)];
  for (const slice of slicesOf(source, isText)) {
    parts.push(isText ? JSON.stringify(slice.toString()).slice(1, -1) : slice.toString("base64"));
    if (turns.isOver()) await turns.next();
  }
  return [...parts, empty.slice(end)];
}

function ofRequestOf({ sentAt, idempotencyKey, dialect }: RawBatch): OfRequest {
  return {
    ...(sentAt === undefined ? undefined : { sent_at: sentAt }),
    ...(idempotencyKey === undefined ? undefined : { idempotency_key: idempotencyKey }),
    ...(dialect && { dialect }),
  };
}

function toItem({ problem, fields, ofRequest, raw }: KeptPrivately): string {
  const q: QuarantinedItem = { ...problem, path: shorten(problem.path), ...fields, ...ofRequest, raw };
  return JSON.stringify({ q });
}

/** `whole`: none ends within a character of UTF-8. */
function* slicesOf(bytes: Buffer, whole: boolean): Generator<Buffer> {
  for (let from = 0; from < bytes.length; ) {
    let to = Math.min(bytes.length, from + SLICE);
    while (whole && isWithin(bytes[to])) to--;
    yield bytes.subarray(from, to);
    from = to;
  }
}

/** Whether a byte of UTF-8 goes on with a character. */
function isWithin(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
