import { setTimeout } from "node:timers/promises";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import type { Recorded } from "./exchange.ts";
import { type RecordedCommand, runCommands } from "./run-commands.ts";
import { runSteps } from "./run-steps.ts";
import { startProduct } from "./start-product.ts";
import { steps } from "./steps/all.ts";

export interface Recording {
  readonly requests: readonly Recorded[];
  readonly commands: readonly RecordedCommand[];
}

const HOUR_MS = 3_600_000;
/** A recording takes less time, also on a busy machine. */
const LONGEST_MS = 6 * 60_000;

/** Records the product of a checkout. `say` is told each step under way. */
export async function record(productDir: string, say: (line: string) => void): Promise<Recording> {
  const commands = await runCommands(productDir);
  await awaitQuietClock(say);
  const product = await startProduct(productDir);
  try {
    say(`${productDir} runs at ${product.baseUrl}`);
    const { operatorKey: operator, baseUrl } = product;
    const requests = await runSteps(baseUrl, steps, { operator, foreign: makeApiKey("nowhere").key });
    return { requests, commands };
  } finally {
    await product.stop();
  }
}

/** Counts go by the hour: a recording on both sides of a full hour would have one row more. */
async function awaitQuietClock(say: (line: string) => void): Promise<void> {
  const left = HOUR_MS - (Date.now() % HOUR_MS);
  if (left > LONGEST_MS) return;
  say(`waiting ${Math.ceil(left / 1000)} s for the next full hour, which must not come in between`);
  await setTimeout(left + 1_000);
}
