import process from "node:process";
import type { Job, JobResult } from "./job.ts";
import { read } from "./read.ts";
import { repeat } from "./repeat.ts";
import { send } from "./send.ts";

/**
 * The load, in a process of its own, so that its processor time is not counted as the product's. Ends with its parent.
 */
process.on("message", (job: Job) => {
  void run(job).then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  );
});

function run(job: Job): Promise<JobResult> {
  if (job.kind === "send") return send(job);
  return job.kind === "read" ? read(job) : repeat(job);
}

process.on("disconnect", () => process.exit(0));
process.send?.("ready");
