import { readFileSync } from "node:fs";
import { join } from "node:path";
import { projectRoot } from "../../local/launcher/project.ts";
import type { PersistDeps } from "../../shared/pipeline/persist-work-item.ts";
import { takeBackPoison } from "../../shared/pipeline/take-back-poison.ts";
import { silent } from "../../shared/telemetry/log.ts";

/** What a release decides of the Functions host: how often it shows a message, and what its poison queue is for. */
export interface HostRules {
  readonly maxDequeueCount: number;
  readonly persistPoison: (deps: PersistDeps, text: string) => Promise<void>;
}

function readMaxDequeueCount(): number {
  const { extensions } = JSON.parse(readFileSync(join(projectRoot, "host.json"), "utf8"));
  return extensions.queues.maxDequeueCount;
}

export const hostRules: HostRules = {
  maxDequeueCount: readMaxDequeueCount(),
  persistPoison: ({ queue }, text) => takeBackPoison(queue, text, silent),
};

/** The limit of releases up to 0.3.0. While one is replaced, its hosts still move messages to the poison queue. */
export const OLDER_MAX_DEQUEUE_COUNT = 5;
