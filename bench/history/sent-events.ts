import { createFloor, type Floor } from "./floor.ts";
import { createSample } from "./sample.ts";
import type { Judge, SentEvent } from "./step.ts";
import type { Settling } from "./taken-receipts.ts";

/** A sample of the events that were sent, and what has been seen of them. */
export interface SentEvents {
  send(org: string, events: readonly SentEvent[]): void;
  take(org: string, events: readonly SentEvent[]): void;
  /** A receipt says what became of its events. */
  settle(settling: Settling): void;
  begin(org: string, id: string, at: number): Judge | undefined;
  /** Those that are to be readable in the end. */
  list(): { readonly org: string; readonly id: string }[];
  /** What was answered with 202 and never read, a sentence each. */
  finish(): string[];
}

interface Sent {
  readonly org: string;
  readonly id: string;
  readonly type: string;
  readonly there: Floor;
  taken: boolean;
  read: boolean;
}

export function createSentEvents(most: number, lagMs: number): SentEvents {
  const sample = createSample<Sent>(most);
  const keyOf = (org: string, id: string): string => `${org} ${id}`;
  return {
    send: (org, events) => {
      for (const { id, type } of events) {
        const there = createFloor(Math.max, lagMs);
        sample.offer(keyOf(org, id), { org, id, type, there, taken: false, read: false });
      }
    },
    take: (org, events) => {
      for (const { id, cell } of events) {
        const sent = sample.get(keyOf(org, id));
        if (sent && cell !== undefined) sent.taken = true;
      }
    },
    settle: ({ receipt: { org, events }, settled, at }) => {
      const results = new Map(settled.notStored.map(({ index, result }) => [index, result]));
      for (const [index, { id, cell }] of events.entries()) {
        if (cell === undefined) continue;
        if (results.get(index) === "quarantined") sample.drop(keyOf(org, id));
        // The ledger was read, and events are in another container: what an instance has seen of one says nothing here.
        else sample.get(keyOf(org, id))?.there.add(1, at, undefined);
      }
    },
    begin: (org, id, at) => {
      const sent = sample.get(keyOf(org, id));
      return sent && judgeEvent(sent, at);
    },
    list: () => sample.values().filter(({ taken }) => taken),
    finish: () =>
      sample
        .values()
        .filter(({ taken, read }) => taken && !read)
        .map(({ org, id }) => `${org}: the event ${id} was answered with 202 and is not there in the end`),
  };
}

function judgeEvent(sent: Sent, began: number): Judge {
  const least = sent.there.at(began);
  return (found, at, instance) => {
    if (found.what !== "event") return [];
    const name = `${sent.org}: the event ${sent.id}`;
    if (found.type === undefined)
      return least(instance) > 0 ? [`${name} was read, or is settled as stored, and is gone`] : [];
    sent.read = true;
    sent.there.add(1, at, instance);
    return found.type === sent.type ? [] : [`${name} is of the type ${found.type}, sent was ${sent.type}`];
  };
}
