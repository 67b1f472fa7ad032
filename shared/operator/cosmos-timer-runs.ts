import type { Container } from "@azure/cosmos";
import { AppError } from "../errors.ts";
import { readDocument } from "../store/cosmos.ts";
import { type Formatted, readable } from "../store/formats.ts";
import { writeOver } from "../store/write-over.ts";
import type { TimerRuns } from "./timer-runs.ts";

interface TimerDocument extends Formatted {
  /** `timer:<name>` */
  readonly id: string;
  readonly kind: "timer";
  /** Milliseconds since 1970. */
  readonly ran_at: number;
}

/** A document for each timer in the container `control`. */
export function createCosmosTimerRuns(container: Container): TimerRuns {
  return {
    note: async (timer, ran_at) => {
      const document: TimerDocument = { id: `timer:${timer}`, kind: "timer", ran_at };
      try {
        await writeOver(container, "timer", document);
      } catch (cause) {
        throw new AppError("store_unavailable", "Cosmos DB does not take a timer's run", { cause, retryAfter: 1 });
      }
    },
    read: async (timer) => {
      const id = `timer:${timer}`;
      const found = await readDocument<TimerDocument>(container, id, id);
      return found && readable("timer", found).ran_at;
    },
  };
}
