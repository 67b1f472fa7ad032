import { setTimeout as sleep } from "node:timers/promises";
import type { Random } from "../local/faults/random.ts";
import { addTo, type FileCounts, type TypeCounts } from "./count-file.ts";

export interface GeneratedLines {
  readonly orgs: readonly string[];
  /** Lines in the form of the Wikipedia edits, until the time is over. */
  lines(): AsyncGenerator<Buffer>;
  /** What has been generated so far. */
  counts(): FileCounts;
}

const orgs = ["large", "middle", "small", "語"];
const types = ["page_viewed", "clicked", "ordered", "signed_in"];
const DAY_MS = 24 * 3_600_000;

/** `rate` events a second of a few orgs, very uneven in size, over three days. */
export function generateLines(durationMs: number, rate: number, random: Random): GeneratedLines {
  const byOrg: TypeCounts = new Map();
  const start = Date.UTC(2026, 10, 1);
  let total = 0;
  return {
    orgs,
    counts: () => ({ byOrg, total, earliest: start, latest: start + 3 * DAY_MS }),
    lines: async function* () {
      const began = Date.now();
      while (Date.now() - began < durationMs) {
        const ahead = (total / rate) * 1000 - (Date.now() - began);
        if (ahead > 50) await sleep(ahead);
        // Half of all events are the largest org's, a quarter the next one's, and so on.
        const org = orgs[Math.min(orgs.length - 1, Math.clz32(1 + random.below(2 ** 31 - 1)) - 1)] ?? "large";
        const type = random.pick(types);
        addTo(byOrg, org, type, 1);
        total++;
        const time = new Date(start + random.below(3 * DAY_MS)).toISOString();
        const line = JSON.stringify({
          time,
          channel: org,
          namespace: type,
          user: `u${random.below(1_000)}`,
          page: "x".repeat(random.below(200)),
          n: total,
        });
        yield Buffer.from(`${line}\n`);
      }
    },
  };
}
