import process from "node:process";
import type { Job, JobResult } from "./job.ts";
import { read } from "./read.ts";
import { send } from "./send.ts";

/**
 * The load, in a process of its own, so that its processor time is not counted as the product's. Ends with its parent.
 */
process.on("message", (job: Job) => {
  const work: Promise<JobResult> = job.kind === "send" ? send(job) : read(job);
  void work.then(
    (result) => process.send?.({ result }),
    (error: unknown) => process.send?.({ error: error instanceof Error ? error.stack : String(error) }),
  );
});
process.on("disconnect", () => process.exit(0));
process.send?.("ready");
