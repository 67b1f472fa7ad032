import type { OutgoingEvent } from "../../cli/send/map-line.ts";
import type { ReceiptRef } from "../../cli/send/tally.ts";
import type { LoadBatch } from "../generate-batches.ts";
import type { Load } from "../load.ts";
import type { Checker } from "./checker.ts";
import { cellOf, readAnswer, subjectOf } from "./read-answer.ts";
import type { Instance, SentEvent } from "./step.ts";

/** Tells a checker of everything that a run sends and reads. */
export interface Recorder {
  /** The load's batches, each noted before it is sent. */
  batches(load: Load): AsyncGenerator<LoadBatch>;
  /** A 202. */
  take(receipt: ReceiptRef, events: readonly OutgoingEvent[]): void;
  /** Notes each try of a reading: when it began, and what it found when. */
  readonly fetch: typeof fetch;
}

export interface RecordDeps {
  readonly checker: Checker;
  /** Orgs by API key. */
  readonly orgs: ReadonlyMap<string, string>;
  /** The instance that answers at this moment. */
  readonly instance: () => Instance;
}

export function createRecorder({ checker, orgs, instance }: RecordDeps): Recorder {
  const invalid = new WeakSet<OutgoingEvent>();
  let readings = 0;
  const toSent = (event: OutgoingEvent): SentEvent => {
    const { event_id: id, event_type: type, timestamp } = event as Record<string, string | undefined>;
    const isValid = !invalid.has(event) && id !== undefined && type !== undefined && timestamp !== undefined;
    return isValid ? { id, type, cell: cellOf(type, timestamp) } : { id: "", type: "", cell: undefined };
  };
  const note = (reading: number, what: Parameters<typeof readAnswer>[0], status: number, text: string): void => {
    const found = readAnswer(what, status, text);
    const at = performance.now();
    checker.take(found ? { at, is: "reads", reading, instance: instance(), found } : { at, is: "fails", reading });
  };
  return {
    batches: async function* (load) {
      for await (const batch of load.batches()) {
        for (const event of batch.invalid) invalid.add(event);
        checker.take({ at: performance.now(), is: "sends", org: batch.org, fresh: batch.fresh.map(toSent) });
        yield batch;
      }
    },
    take: ({ org, receiptId: receipt, accepted }, events) =>
      checker.take({ at: performance.now(), is: "takes", org, receipt, accepted, events: events.map(toSent) }),
    fetch: async (input, init) => {
      const [, key = ""] = (new Headers(init?.headers).get("authorization") ?? "").split(" ");
      const subject = init?.method === "GET" ? subjectOf(orgs.get(key) ?? "", new URL(String(input))) : undefined;
      if (!subject) return fetch(input, init);
      const reading = readings++;
      checker.take({ at: performance.now(), is: "asks", reading, instance: instance(), of: subject });
      try {
        const response = await fetch(input, init);
        const text = await response.text();
        note(reading, subject.what, response.status, text);
        return new Response(text, response);
      } catch (error) {
        checker.take({ at: performance.now(), is: "fails", reading });
        throw error;
      }
    },
  };
}
