import { setTimeout as sleep } from "node:timers/promises";
import { type AwaitOptions, askForReceipts, awaitReceipts } from "../cli/send/await-receipts.ts";
import type { ReceiptRef } from "../cli/send/tally.ts";

const PAUSE_MS = 500;

export interface Settling {
  /** Receipts that are not settled yet. */
  open(): number;
  /** To be called when everything is sent. Gives the receipts that had not settled when nothing moved any more. */
  finish(): Promise<ReceiptRef[]>;
}

/** Asks for receipts while others are still being made, and forgets settled ones: a run of hours makes millions. */
export function startSettling(options: AwaitOptions): Settling {
  const { receipts } = options.tally;
  let left: ReceiptRef[] = [];
  let ended = false;
  const run = async (): Promise<void> => {
    while (!ended) {
      left = await askForReceipts([...left, ...receipts.splice(0)], options);
      await sleep(PAUSE_MS);
    }
  };
  const running = run();
  return {
    open: () => left.length + receipts.length,
    finish: async () => {
      ended = true;
      await running;
      receipts.push(...left.splice(0));
      return awaitReceipts(options);
    },
  };
}
