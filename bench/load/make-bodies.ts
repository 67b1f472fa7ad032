import { gzipSync } from "node:zlib";
import { createRandom, type Random } from "../../local/launcher/faults/random.ts";
import { type PlainEvent, type WayName, ways } from "./ways.ts";

/**
 * Bodies of one connection. Each call gives the next, with event ids that no other has. A body is valid until the next
 * call.
 */
export interface Bodies {
  next(): { readonly bytes: Buffer; readonly lastId: string };
}

export interface BodyOptions {
  /** Events in a body; by our own way in, one is sent as it is, and several as an array. */
  readonly batch: number;
  /** In whose form; our own by default. */
  readonly way?: WayName | undefined;
  /** For the forms that have the key in the body. */
  readonly apiKey: string;
  readonly encoding: "identity" | "gzip";
  /** The first part of every id, of this job and connection only. Letters and digits. */
  readonly prefix: string;
  /** The events' times are spread over this many milliseconds before now. */
  readonly spanMs: number;
  readonly seed: number;
}

const DIGITS = 10;
/** Enough that bodies differ, and so few that making them takes no time of the measurement. */
const TEMPLATES = 8;
const ID_MARK = "#".repeat(DIGITS);
export const eventTypes = [
  ...["page_viewed", "clicked", "searched", "added_to_cart", "order_paid", "signed_in"],
  ...["signed_up", "shared", "rated", "order_shipped"],
];
const pages = ["/", "/products", "/products/4711", "/search", "/cart", "/checkout"];

/** Bodies are made once and only their ids change, in place: making new JSON would be more work than taking it. */
export function makeBodies(options: BodyOptions): Bodies {
  const random = createRandom(options.seed);
  const templates = Array.from({ length: TEMPLATES }, () => makeTemplate(options, random));
  let sent = 0;
  let ids = 0;
  return {
    next: () => {
      const { bytes, places } = templates[sent++ % TEMPLATES] ?? makeTemplate(options, random);
      for (const place of places) writeDigits(bytes, place, ids++);
      const lastId = `${options.prefix}-${String(ids - 1).padStart(DIGITS, "0")}`;
      return { bytes: options.encoding === "gzip" ? gzipSync(bytes, { level: 1 }) : bytes, lastId };
    },
  };
}

function makeTemplate(options: BodyOptions, random: Random): { bytes: Buffer; places: number[] } {
  const events = Array.from({ length: options.batch }, () => makeEvent(options, random));
  const bytes = ways[options.way ?? "own"].toBody(events, options.apiKey);
  const places: number[] = [];
  for (let at = bytes.indexOf(ID_MARK); at !== -1; at = bytes.indexOf(ID_MARK, at + DIGITS)) places.push(at);
  return { bytes, places };
}

/** About 300 bytes by our own way in, as an analytics SDK sends it. */
function makeEvent({ prefix, spanMs }: BodyOptions, random: Random): PlainEvent {
  return {
    time: Date.now() - random.below(spanMs),
    id: `${prefix}-${ID_MARK}`,
    type: random.pick(eventTypes),
    user: `user-${random.below(50_000)}`,
    session: `session-${random.below(1_000_000)}`,
    properties: {
      page: random.pick(pages),
      referrer: "https://www.example.com/campaign",
      price: random.below(10_000) / 100,
      quantity: 1 + random.below(3),
      tags: ["spring", "returning"],
    },
  };
}

function writeDigits(bytes: Buffer, place: number, value: number): void {
  let left = value;
  for (let i = place + DIGITS - 1; i >= place; i--) {
    bytes[i] = 48 + (left % 10);
    left = Math.floor(left / 10);
  }
}
