import type { Lane } from "./work-queue.ts";

/** What an org has sent, as far as a dispatch sees it. */
export interface Sent {
  readonly orgId: string;
  readonly envelopes: number;
  readonly events: number;
}

/** The orgs that go to the lane for bulk, of those that a dispatch has before it. */
export type ChooseLanes = (sent: readonly Sent[]) => (orgId: string) => Lane;

export interface LaneOptions {
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}

/** What an envelope takes besides its events, in events: the look before it, its ledger entry. */
const ENVELOPE = 4;
/** An org that sends less in a second stays in its lane, whatever others send: less than a persister can take. */
const ALWAYS_TAKEN = 1_000;
/** How many times what the calm ones send is far above it. */
const FAR_ABOVE = 4;
/** Of the orgs, those that send least: an org that sends as much as the last of them is calm. */
const CALM = 1 / 4;
/** How long what was seen counts, in ms; it goes down evenly until then. */
const WINDOW_MS = 1_000;

/**
 * Tells orgs that send far more than the calm ones that this instance sees, over about a second: each of them goes to
 * the lane for bulk, and the others' work does not wait behind it. Partitions are dealt out evenly, so that every
 * dispatcher sees the same shares. Wrong choices delay, and lose nothing.
 */
export function createChooseLanes({ now = () => performance.now() }: LaneOptions = {}): ChooseLanes {
  const weights = new Map<string, number>();
  let lastAt = now();

  function fade(): void {
    const at = now();
    const kept = Math.max(0, 1 - (at - lastAt) / WINDOW_MS);
    lastAt = at;
    for (const [orgId, weight] of weights) {
      if (weight * kept < 1) weights.delete(orgId);
      else weights.set(orgId, weight * kept);
    }
  }

  function add({ orgId, envelopes, events }: Sent): void {
    const weight = events + envelopes * ENVELOPE;
    weights.set(orgId, (weights.get(orgId) ?? 0) + weight);
  }

  /** What an org may send without going to the lane for bulk. One that is alone has nobody to be measured by. */
  function findLimit(): number {
    if (weights.size < 2) return ALWAYS_TAKEN;
    const inOrder = [...weights.values()].sort((a, b) => a - b);
    return Math.max(ALWAYS_TAKEN, FAR_ABOVE * (inOrder[Math.floor((inOrder.length - 1) * CALM)] ?? 0));
  }

  return (sent) => {
    fade();
    for (const one of sent) add(one);
    const limit = findLimit();
    return (orgId) => ((weights.get(orgId) ?? 0) > limit ? "bulk" : "work");
  };
}
