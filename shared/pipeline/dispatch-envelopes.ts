import { type ClaimStore, claimName } from "../envelope/claim-store.ts";
import { decodeFrame, encodeFrame, type Frame, headOf, nameUnreadable } from "../envelope/frame.ts";
import type { EnvelopeHead } from "../envelope/frame-head.ts";
import { SERVICE_ORG_ID } from "../identity/org-id.ts";
import { reached } from "../runtime/reached.ts";
import type { Logger } from "../telemetry/log.ts";
import type { ChooseLanes } from "./choose-lanes.ts";
import { encodeWorkItem, MAX_WORK_BYTES, workBytesOf } from "./work-item.ts";
import type { Lane, WorkQueue } from "./work-queue.ts";

export interface DispatchDeps {
  readonly queue: WorkQueue;
  readonly claims: ClaimStore;
  /** Default: everything is in the first lane. */
  readonly chooseLanes?: ChooseLanes;
}

export interface StreamMessage {
  readonly body: Buffer;
  /** Partition and sequence number, in words. */
  readonly source: string;
}

/** A work item that is this full travels alone: a busy org's work then has its own retries. */
const ALONE_BYTES = MAX_WORK_BYTES / 2;
/** Most events in a work item that envelopes of different orgs share: after a crash it is put back as a whole. */
const SHARED_EVENTS = 1_000;
/** Queue requests under way at once. */
const PUTS_AT_ONCE = 8;

interface Parcel {
  readonly orgId: string;
  readonly encoded: Buffer;
  readonly events: number;
}

/**
 * Regroups a partition's messages into work items and queues them. Throws when a work item could not be queued. Then
 * all of them may be queued again, which changes nothing.
 */
export async function dispatchEnvelopes(
  deps: DispatchDeps,
  messages: readonly StreamMessage[],
  log: Logger,
): Promise<void> {
  const parcels: Parcel[] = [];
  for (const message of messages) parcels.push(await toParcel(deps.claims, message, log));
  const items = groupParcels(parcels, deps.chooseLanes).map((group) => ({
    text: encodeWorkItem(0, group.frames),
    lane: group.lane,
  }));
  for (let i = 0; i < items.length; i += PUTS_AT_ONCE) {
    await Promise.all(items.slice(i, i + PUTS_AT_ONCE).map(({ text, lane }) => deps.queue.put(text, 0, lane)));
  }
}

/**
 * Reads only the head of an envelope; an envelope too large for a queue message goes into a blob. One of a newer
 * release is passed on unread.
 */
async function toParcel(claims: ClaimStore, { body, source }: StreamMessage, log: Logger): Promise<Parcel> {
  const frame = readFrame(body, source, log);
  const head = headOf(frame);
  const encoded = frame.kind === "unreadable" ? encodeFrame(frame) : body;
  const orgId = head?.org_id ?? "";
  const events = head?.events ?? 1;
  if (workBytesOf(encoded) <= MAX_WORK_BYTES) return { orgId, encoded, events };
  reached("envelope-too-large-for-queue");
  const receiptId = head?.receipt_id ?? nameUnreadable(source, body);
  const blob = claimName(orgId || SERVICE_ORG_ID, receiptId);
  await claims.put(blob, encoded);
  const claimHead = head ?? { org_id: SERVICE_ORG_ID, receipt_id: receiptId, events: 0, bytes: body.length };
  return { orgId, encoded: encodeClaim(claimHead, blob), events };
}

/** What a head has besides goes along, unless it leaves no room: the blob has all of it. */
function encodeClaim(head: EnvelopeHead, blob: string): Buffer {
  const encoded = encodeFrame({ kind: "claim", head, blob });
  if (workBytesOf(encoded) <= ALONE_BYTES) return encoded;
  reached("claim-without-unknown-members");
  const { org_id, receipt_id, events, bytes } = head;
  return encodeFrame({ kind: "claim", head: { org_id, receipt_id, events, bytes }, blob });
}

function readFrame(body: Buffer, source: string, log: Logger): Frame {
  try {
    return decodeFrame(body);
  } catch (error) {
    reached("hub-message-unreadable");
    log.error("a message of the event hub cannot be read; it goes to quarantine as it is", {
      source,
      bytes: body.length,
      error,
    });
    return { kind: "unreadable", source, body };
  }
}

interface Group {
  readonly lane: Lane;
  readonly frames: Buffer[];
}

const allInOne: ChooseLanes = () => () => "work";

/** Large orgs' parcels fill work items of their own; the rest share. */
function groupParcels(parcels: readonly Parcel[], chooseLanes: ChooseLanes = allInOne): Group[] {
  const byOrg = [...Map.groupBy(parcels, (parcel) => parcel.orgId)].map(([orgId, own]) => ({
    orgId,
    own,
    envelopes: own.length,
    bytes: own.reduce((sum, parcel) => sum + workBytesOf(parcel.encoded), 0),
    events: own.reduce((sum, parcel) => sum + parcel.events, 0),
  }));
  const laneOf = chooseLanes(byOrg);
  const shared: Parcel[] = [];
  const groups: Group[] = [];
  for (const { orgId, own, bytes, events } of byOrg) {
    const lane = laneOf(orgId);
    if (lane === "bulk" || bytes > ALONE_BYTES || events > SHARED_EVENTS / 2) groups.push(...pack(own, lane));
    else shared.push(...own);
  }
  return [...groups, ...pack(shared, "work")];
}

function pack(parcels: readonly Parcel[], lane: Lane): Group[] {
  return packFrames(parcels).map((frames) => ({ lane, frames }));
}

function packFrames(parcels: readonly Parcel[]): Buffer[][] {
  const groups: Buffer[][] = [];
  let group: Buffer[] = [];
  let bytes = 0;
  let events = 0;
  for (const parcel of parcels) {
    const size = workBytesOf(parcel.encoded);
    if (group.length > 0 && (bytes + size > MAX_WORK_BYTES || events + parcel.events > SHARED_EVENTS)) {
      groups.push(group);
      group = [];
      bytes = 0;
      events = 0;
    }
    group.push(parcel.encoded);
    bytes += size;
    events += parcel.events;
  }
  if (group.length > 0) groups.push(group);
  return groups;
}
