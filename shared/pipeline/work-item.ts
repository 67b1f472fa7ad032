import { createHash } from "node:crypto";
import { decodeFrame, type Frame } from "../envelope/frame.ts";
import { MAX_MESSAGE_BYTES } from "./work-queue.ts";

/**
 * One queue message: `w1:<attempt>:<base64 of frames, each behind its length in 4 bytes>`. It is text, not JSON,
 * because the Functions host parses JSON and copies its fields into the trigger's metadata.
 */
export interface WorkItem {
  /** How often this work was put back. The host's dequeue count starts anew with each message. */
  readonly attempt: number;
  readonly frames: readonly Frame[];
}

const PREFIX = /^w1:(\d{1,6}):/;
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

/** `w1:<attempt>:<base64 of frames, each behind its length>` */
export function encodeWorkItem(attempt: number, encodedFrames: readonly Buffer[]): string {
  const parts = encodedFrames.flatMap((frame) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(frame.length);
    return [length, frame];
  });
  return `w1:${attempt}:${Buffer.concat(parts).toString("base64")}`;
}

/**
 * Throws a RangeError for text that is not a work item. A frame in it that cannot be read becomes an unreadable one.
 */
export function decodeWorkItem(text: string): WorkItem {
  const match = PREFIX.exec(text);
  if (!match) throw new RangeError("not a work item of version 1");
  const bytes = Buffer.from(text.slice(match[0].length), "base64");
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = at + 4 <= bytes.length ? bytes.readUInt32BE(at) : -1;
    if (length < 0 || at + 4 + length > bytes.length) throw new RangeError("the work item is cut off");
    frames.push(readFrame(bytes.subarray(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return { attempt: Number(match[1]), frames };
}

function readFrame(bytes: Buffer): Frame {
  try {
    return decodeFrame(bytes);
  } catch {
    return {
      kind: "unreadable",
      source: `work item ${createHash("sha256").update(bytes).digest("base64url")}`,
      body: bytes,
    };
  }
}
