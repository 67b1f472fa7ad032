import type { Random } from "../../local/launcher/faults/random.ts";
import { LAG_MS } from "../../local/launcher/faults/replica-lag.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import type { Load } from "../load.ts";
import { createChecker, type HistoryReport } from "./checker.ts";
import { createRecorder, type Recorder } from "./record.ts";
import { readEverything, startWatching } from "./watch.ts";

/** The history of a run: made and checked while it goes on. */
export interface History extends Pick<Recorder, "take" | "fetch"> {
  batches(): ReturnType<Recorder["batches"]>;
  /** Reads what was sent once more, until it can be read. To be called when everything is settled. */
  finish(): Promise<HistoryReport>;
}

/** Events and settled receipts that are remembered, of each. */
const SAMPLE = 2_000;

/** Begins to read what is sent, while it is sent. `patienceMs`: the longest that the last readings may be tried for. */
export function followRun(
  stack: Stack,
  load: Load,
  keys: ReadonlyMap<string, string>,
  { random, patienceMs }: { readonly random: Random; readonly patienceMs: number },
): History {
  const checker = createChecker({ lagMs: LAG_MS, sample: SAMPLE });
  const orgs = new Map([...keys].map(([org, key]) => [key, org]));
  const recorder = createRecorder({ checker, orgs, instance: () => stack.pids()["functions-host"] });
  const { baseUrl } = stack;
  // One try of each: what cannot be read at the moment is a reading without an answer.
  const watch = { load, keys, checker, api: { baseUrl, maxWaitMs: 0, fetch: recorder.fetch } };
  const stopWatching = startWatching(watch, random);
  return {
    take: recorder.take,
    fetch: recorder.fetch,
    batches: () => recorder.batches(load),
    finish: async () => {
      await stopWatching();
      await readEverything({ ...watch, api: { ...watch.api, maxWaitMs: patienceMs } });
      return checker.finish();
    },
  };
}
