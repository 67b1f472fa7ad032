import { createHash } from "node:crypto";
import { decodeFrame, type Frame } from "../envelope/frame.ts";
import { reached } from "../runtime/reached.ts";
import { formats, isRead } from "../store/formats.ts";
import { MAX_MESSAGE_BYTES } from "./work-queue.ts";

/**
 * One queue message: `w1:<attempt>:<base64 of frames, each behind its length in 4 bytes>`. It is text, not JSON,
 * because the Functions host parses JSON and copies its fields into the trigger's metadata. `w<version>:<attempt>:`
 * begins every version, and leaves room for an attempt of six digits: a release counts how often it put back what only
 * a newer one can read.
 */
export interface WorkItem {
  /**
   * How often this work was put back, counted anew when a try has settled some of it. The host's dequeue count starts
   * anew with each message.
   */
  readonly attempt: number;
  readonly frames: readonly Frame[];
}

const PREFIX = /^w(\d{1,3}):(\d{1,6}):/;
const MOST_ATTEMPTS = 999_999;
/** `w1:999999:` */
const PREFIX_BYTES = 10;

/** The room in a work item, in bytes of encoded frames with their lengths. */
export const MAX_WORK_BYTES = Math.floor(((MAX_MESSAGE_BYTES - PREFIX_BYTES) * 3) / 4) - 3;

/** A frame's share of `MAX_WORK_BYTES`. */
export function workBytesOf(encoded: Buffer): number {
  return 4 + encoded.length;
}

/** Groups encoded frames so that each group fits a work item. A frame may have grown since it was queued. */
export function splitToFit(encodedFrames: readonly Buffer[]): Buffer[][] {
  const groups: Buffer[][] = [];
  let bytes = 0;
  for (const frame of encodedFrames) {
    const size = workBytesOf(frame);
    const group = groups.at(-1);
    if (group && bytes + size <= MAX_WORK_BYTES) {
      group.push(frame);
      bytes += size;
    } else {
      groups.push([frame]);
      bytes = size;
    }
  }
  return groups;
}

/** `w<version>:<attempt>:<base64 of frames, each behind its length>` */
export function encodeWorkItem(attempt: number, encodedFrames: readonly Buffer[]): string {
  const parts = encodedFrames.flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    return [length, frame];
  });
  return prefixOf(formats.work_item.writes, attempt) + Buffer.concat(parts).toString("base64");
}

function prefixOf(version: number, attempt: number): string {
  return `w${version}:${Math.min(attempt, MOST_ATTEMPTS)}:`;
}

export interface NewerWorkItem {
  readonly version: number;
  readonly attempt: number;
  /** The text with one attempt more. */
  readonly again: string;
}

/** A work item that only a newer release can read; undefined for any other text. */
export function readNewerWorkItem(text: string): NewerWorkItem | undefined {
  const match = PREFIX.exec(text);
  const [version, attempt] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || isRead("work_item", version)) return undefined;
  return { version, attempt, again: prefixOf(version, attempt + 1) + text.slice(match[0].length) };
}

/**
 * Throws a RangeError for text that is not a work item. A frame in it that cannot be read becomes an unreadable one; so
 * does the rest of a text that was cut off, behind its whole frames.
 */
export function decodeWorkItem(text: string): WorkItem {
  const match = PREFIX.exec(text);
  if (!match || !isRead("work_item", Number(match[1]))) throw new RangeError("not a work item");
  const bytes = Buffer.from(text.slice(match[0].length), "base64");
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : -1;
    if (length < 0 || at + 4 + length > bytes.length) {
      if (frames.length === 0) throw new RangeError("the work item is cut off");
      reached("work-item-cut-off");
      frames.push(unreadable(bytes.subarray(at)));
      break;
    }
    frames.push(readFrame(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return { attempt: Number(match[2]), frames };
}

function readFrame(bytes: Buffer): Frame {
  try {
    return decodeFrame(bytes);
  } catch {
    reached("frame-in-work-item-unreadable");
    return unreadable(bytes);
  }
}

function unreadable(body: Buffer): Frame {
  return { kind: "unreadable", source: `work item ${createHash("sha256").update(body).digest("base64url")}`, body };
}
