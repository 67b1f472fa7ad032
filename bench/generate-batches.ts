import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import type { Batch } from "../cli/send/collect-batches.ts";
import type { OutgoingEvent } from "../cli/send/map-line.ts";
import type { Random } from "../local/launcher/faults/random.ts";
import { addTo, type FileCounts, type TypeCounts } from "./count-file.ts";

/** A batch, and what becomes of its events. */
export interface LoadBatch extends Batch {
  /** The valid events whose ids no batch had before. */
  readonly fresh: readonly OutgoingEvent[];
  readonly invalid: readonly OutgoingEvent[];
}

export interface GeneratedLoad {
  readonly orgs: readonly string[];
  /** Batches until the time is over. */
  batches(): AsyncGenerator<LoadBatch>;
  /** The valid events generated so far, each id once. */
  counts(): FileCounts;
  /** Invalid events generated so far, by org: each must be in quarantine once. */
  invalid(): ReadonlyMap<string, number>;
}

export interface LoadOptions {
  readonly durationMs: number;
  /** Events a second. */
  readonly rate: number;
  readonly random: Random;
  /** Resolves when more may be generated: unsettled events are held in memory. */
  readonly whenReady: () => Promise<void>;
}

const orgs = ["large", "middle", "small", "語"];
const types = ["page_viewed", "clicked", "ordered", "signed_in"];
const DAY_MS = 24 * 3_600_000;

/** How many events a batch has, and bytes of incompressible text in each of them; how often, in percent. */
const SHAPES = [
  { percent: 10, events: 1, bytes: 0 },
  { percent: 15, events: 12, bytes: 20 },
  { percent: 69, events: 100, bytes: 40 },
  // Too large for a message of the queue: the dispatcher makes it a claim check.
  { percent: 4, events: 60, bytes: 1_200 },
  // Too large for a message of the hub: ingest makes it a claim check.
  { percent: 2, events: 150, bytes: 2_500 },
] as const;

/** One event in so many is invalid, one batch in so many repeats an event of an earlier one, or one of its own. */
const INVALID = 200;
const REPEATED = 10;

const invalids: readonly ((event: OutgoingEvent) => OutgoingEvent)[] = [
  (event) => ({ ...event, event_type: "" }),
  (event) => ({ ...event, timestamp: "yesterday" }),
  (event) => ({ ...event, nobody_knows: 1 }),
];

/**
 * Events of a few orgs, very uneven in size, over three days: small batches and large ones, repeated and invalid
 * events.
 */
export function generateBatches(options: LoadOptions): GeneratedLoad {
  const { random } = options;
  const byOrg: TypeCounts = new Map();
  const invalid = new Map<string, number>();
  const earlier = new Map<string, OutgoingEvent>();
  const start = Math.floor(Date.now() / DAY_MS) * DAY_MS - 5 * DAY_MS;
  let total = 0;

  const makeEvent = (bytes: number): OutgoingEvent & { readonly event_type: string } => ({
    event_id: `generated:${++total}`,
    event_type: random.pick(types),
    timestamp: new Date(start + random.below(3 * DAY_MS)).toISOString(),
    user_id: `u${random.below(1_000)}`,
    properties: { n: total, text: randomBytes(random.below(1 + bytes * 2)).toString("base64") },
  });

  const makeBatch = (): LoadBatch => {
    const org = chooseOrg(random);
    const shape = chooseShape(random.below(100));
    const events: OutgoingEvent[] = [];
    const wrong: OutgoingEvent[] = [];
    const firstLine = total + 1;
    for (let i = 0; i < shape.events; i++) {
      const event = makeEvent(shape.bytes);
      // Never the first: a batch without a valid event is refused as a whole.
      if (i > 0 && random.below(INVALID) === 0) {
        invalid.set(org, (invalid.get(org) ?? 0) + 1);
        wrong.push(random.pick(invalids)(event));
        events.push(...wrong.slice(-1));
        continue;
      }
      addTo(byOrg, org, event.event_type, 1);
      events.push(event);
    }
    const [first] = events;
    const fresh = events.filter((event) => !wrong.includes(event));
    const repeated = random.below(REPEATED) === 0 ? earlier.get(org) : undefined;
    if (repeated) events.push(repeated);
    if (first && random.below(REPEATED) === 0) events.push(first);
    if (first) earlier.set(org, first);
    return { org, events, fresh, invalid: wrong, firstLine, lastLine: total };
  };

  return {
    orgs,
    counts: () => ({ byOrg, total, earliest: start, latest: start + 3 * DAY_MS }),
    invalid: () => invalid,
    batches: () => pace(makeBatch, () => total, options),
  };
}

/** Batches at the rate of the options, until their time is over; `generated` is the number of events so far. */
async function* pace(
  makeBatch: () => LoadBatch,
  generated: () => number,
  { durationMs, rate, whenReady }: LoadOptions,
): AsyncGenerator<LoadBatch> {
  const began = performance.now();
  while (performance.now() - began < durationMs) {
    const ahead = (generated() / rate) * 1000 - (performance.now() - began);
    if (ahead > 50) await sleep(ahead);
    await whenReady();
    yield makeBatch();
  }
}

/** Half of all batches are the largest org's, a quarter the next one's, and so on. */
function chooseOrg(random: Random): string {
  return orgs[Math.min(orgs.length - 1, Math.clz32(1 + random.below(2 ** 31 - 1)) - 1)] ?? "large";
}

function chooseShape(percent: number): (typeof SHAPES)[number] {
  let left = percent;
  for (const shape of SHAPES) {
    if (left < shape.percent) return shape;
    left -= shape.percent;
  }
  return SHAPES[0];
}
