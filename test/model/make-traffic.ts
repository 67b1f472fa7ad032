import type { Random } from "../../local/launcher/faults/random.ts";
import { claimName } from "../../shared/envelope/claim-store.ts";
import { type EnvelopeItem, packContent } from "../../shared/envelope/content.ts";
import { encodeFrame, type Frame } from "../../shared/envelope/frame.ts";
import { MAX_WORK_BYTES } from "../../shared/pipeline/work-item.ts";

/** An envelope that was accepted. */
export interface Sent {
  readonly orgId: string;
  readonly receiptId: string;
  readonly items: readonly EnvelopeItem[];
  readonly message: Buffer;
  /** Where ingest put it, if it did not fit into a message. */
  readonly claim: { readonly blob: string; readonly bytes: Buffer } | undefined;
  /** Whether it can be read: it is not damaged, and its blob is not lost. */
  readonly sound: boolean;
}

export interface Traffic {
  readonly sent: readonly Sent[];
  /** Messages of the hub, one partition. */
  readonly hub: readonly Buffer[];
  /** The number of the hub's messages that are not envelopes. */
  readonly strange: number;
}

export const orgs = ["a", "b"] as const;
export const BASE_DAY = Date.UTC(2026, 10, 20);

/** Event types that the store, or the code, treats in a way of its own. */
export const eventTypes = {
  refused: "refused",
  sometimesRefused: "sometimes-refused",
  defect: "defect",
  sometimesDefect: "sometimes-defect",
} as const;

/** The part of a document that even the quarantine refuses. */
export const UNSTORABLE = "unstorable";
/** Few ids, so that envelopes meet. */
const ids = ["e0", "e1", "e2", "e3", "e4"];
/**
 * More than a work item takes. It is in the head, since a large body would be unpacked by other threads, which finish
 * at any time.
 */
const PADDING = "p".repeat(MAX_WORK_BYTES);

/** Everything that clients send in one run of the model. */
export async function makeTraffic(random: Random): Promise<Traffic> {
  const sent: Sent[] = [];
  // Not all kinds of trouble at once: each would hide the others.
  const types = ["x", "x", "y", ...Object.values(eventTypes).filter(() => random.chance(0.25))];
  for (let count = 1 + random.below(5); sent.length < count; )
    sent.push(await makeEnvelope(random, types, sent.length));
  const strange = random.chance(0.05) ? [Buffer.from("no envelope")] : [];
  const hub = [...sent.map(({ message }) => message), ...strange];
  // A send whose acknowledgement was lost is sent again by the client library: the same message twice.
  if (random.chance(0.15)) hub.push(random.pick(hub));
  return { sent, hub, strange: hub.filter((message) => message === strange[0]).length };
}

async function makeEnvelope(random: Random, types: readonly string[], number: number): Promise<Sent> {
  const orgId = random.pick(["a", "a", "b"]);
  const items = makeItems(random, types);
  const receiptId = makeReceiptId(random, number, items.length);
  // Kept out of the microtask order: packing a few bytes is synchronous inside.
  const packed = await packContent(items.map((item) => JSON.stringify(item)));
  const damaged = random.chance(0.03);
  const lost = random.chance(0.002);
  const head = { org_id: orgId, receipt_id: receiptId, events: items.length, bytes: packed.bytes };
  const padding = random.chance(0.005) ? { padding: PADDING } : undefined;
  const inline: Frame = {
    kind: "inline",
    head: { ...head, ...padding },
    body: damaged ? packed.body.subarray(3) : packed.body,
  };
  const sent = { orgId, receiptId, items, sound: !damaged && !lost };
  const bytes = encodeFrame(inline);
  if (!lost && !random.chance(0.3)) return { ...sent, message: bytes, claim: undefined };
  const blob = claimName(orgId, receiptId);
  const message = encodeFrame({ kind: "claim", head, blob });
  return { ...sent, message, claim: lost ? undefined : { blob, bytes } };
}

/** As ingest makes them: an event id is in an envelope once, and repetitions are named. */
function makeItems(random: Random, types: readonly string[]): EnvelopeItem[] {
  const left = [...ids];
  const items: EnvelopeItem[] = [];
  const used: string[] = [];
  for (let count = 1 + random.below(4); items.length < count; ) {
    if (random.chance(0.1)) {
      const raw = random.chance(0.3) ? { json: UNSTORABLE } : { text: sinceValid(types, items.length) };
      items.push({ q: { code: "wrong_type", path: "", message: "", raw } });
      continue;
    }
    if (used.length > 0 && random.chance(0.1)) {
      items.push({ d: { event_id: random.pick(used), of: 0 } });
      continue;
    }
    const [event_id = ""] = left.splice(random.below(left.length), 1);
    used.push(event_id);
    const timestamp = new Date(BASE_DAY + random.below(3) * 86_400_000 + random.below(2) * 3_600_000).toISOString();
    items.push({ e: { event_id, event_type: random.pick(types), timestamp } });
  }
  return items;
}

/** An event that was refused by rules which are not there any more: a replay of it meets the others. */
function sinceValid(types: readonly string[], place: number): string {
  const [event_id, event_type] = [ids[place % ids.length], types[(place + 1) % types.length]];
  return JSON.stringify({ event_id, event_type, timestamp: new Date(BASE_DAY).toISOString() });
}

/** As `mintReceipt`, but from the seed; the pipeline does not look at the MAC. */
export function makeReceiptId(random: Random, number: number, events: number): string {
  const bytes = Buffer.alloc(37);
  bytes[0] = 1;
  bytes.writeUIntBE(BASE_DAY + 86_400_000 * (2 + random.below(2)) + 3_600_000 * random.below(24), 5, 6);
  bytes.writeUInt16BE(events, 11);
  bytes[13] = random.chance(0.3) ? 1 : 0;
  bytes[14] = number;
  return bytes.toString("base64url");
}
