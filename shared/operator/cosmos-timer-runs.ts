import type { Container } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import { readDocument } from "../store/cosmos.ts";
import { type Formatted, readable } from "../store/formats.ts";
import { writeOver } from "../store/write-over.ts";
import type { TimerName, TimerRuns } from "./timer-runs.ts";

interface TimerDocument extends Formatted {
  /** `timer:<name>` */
  readonly id: string;
  readonly kind: "timer";
  /** Milliseconds since 1970; not there before the first run came to its end. */
  readonly ran_at?: number;
  /** How far the last run came that keeps a place. */
  readonly place?: string;
}

/** A document for each timer in the container `control`. */
export function createCosmosTimerRuns(container: Container): TimerRuns {
  const write = async (timer: TimerName, members: Pick<TimerDocument, "ran_at" | "place">): Promise<void> => {
    const document: TimerDocument = { id: `timer:${timer}`, kind: "timer", ...members };
    try {
      await writeOver(container, "timer", document);
    } catch (cause) {
      throw new AppError("store_unavailable", "Cosmos DB does not take a timer's run", { cause, retryAfter: 1 });
    }
  };
  const read = async (timer: TimerName): Promise<TimerDocument | undefined> => {
    const id = `timer:${timer}`;
    const found = await readDocument<TimerDocument>(container, id, id);
    return found && readable("timer", found);
  };
  return {
    note: (timer, ran_at) => write(timer, { ran_at }),
    read: async (timer) => (await read(timer))?.ran_at,
    keepPlace: (timer, place) => write(timer, { place }),
    readPlace: async (timer) => (await read(timer))?.place,
  };
}
