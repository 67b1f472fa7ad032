import { INSPECTED_BYTES, type Sign, signsIn } from "../../infra/edge/inspection.ts";

interface Found {
  events: number;
  requests: number;
}

export interface Batches {
  readonly events: number;
  readonly requests: number;
  /** Requests of which the firewall sees only a part. */
  readonly long: number;
  readonly bySign: Readonly<Record<Sign | "either", Found>>;
}

/**
 * Puts events into requests, and counts those that look like an attack: events, and requests that have such an event.
 */
export async function countSigns(events: AsyncIterable<unknown>, size: number): Promise<Batches> {
  const bySign = { SQL: none(), HTML: none(), either: none() };
  let count = 0;
  let requests = 0;
  let long = 0;
  for await (const batch of inBatches(events, size)) {
    const found = batch.map((event) => signsIn(event));
    count += batch.length;
    requests++;
    if (Buffer.byteLength(JSON.stringify(batch)) > INSPECTED_BYTES) long++;
    for (const sign of ["SQL", "HTML"] as const)
      add(bySign[sign], found.filter((signs) => signs.includes(sign)).length);
    add(bySign.either, found.filter((signs) => signs.length > 0).length);
  }
  return { events: count, requests, long, bySign };
}

function none(): Found {
  return { events: 0, requests: 0 };
}

function add(found: Found, events: number): void {
  found.events += events;
  if (events > 0) found.requests++;
}

async function* inBatches(events: AsyncIterable<unknown>, size: number): AsyncGenerator<unknown[]> {
  let batch: unknown[] = [];
  for await (const event of events) {
    batch.push(event);
    if (batch.length < size) continue;
    yield batch;
    batch = [];
  }
  if (batch.length > 0) yield batch;
}
