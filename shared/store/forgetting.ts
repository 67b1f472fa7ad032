import type { PipelineRequest } from "@azure/core-rest-pipeline";

/** How long no replica may have what a session has seen, in ms, before it counts as lost. */
const LOST_MS = 60_000;
/** Most parts of containers that are kept in mind; more than have trouble at once. */
const MOST = 1_000;

/**
 * Knows since when no replica has what this client's sessions have seen. A failover that loses data, or a container
 * that was made anew, leaves tokens that no replica will ever honour.
 */
export interface Forgetting {
  served(request: PipelineRequest): void;
  /** Whether it has been refused for so long that its session is to be forgotten. */
  refused(request: PipelineRequest): boolean;
}

export function createForgetting(now: () => number = () => performance.now()): Forgetting {
  const since = new Map<string, number>();
  return {
    served: (request) => {
      if (since.size > 0) since.delete(partOf(request));
    },
    refused: (request) => {
      const part = partOf(request);
      if (since.size >= MOST) since.clear();
      const first = since.get(part) ?? now();
      since.set(part, first);
      return now() - first >= LOST_MS;
    },
  };
}

/** The part of a container that a request reads. */
function partOf({ url, headers }: PipelineRequest): string {
  const [container = url] = /^.*\/colls\/[^/]+/.exec(url) ?? [];
  const names = ["x-ms-documentdb-partitionkeyrangeid", "x-ms-documentdb-partitionkey"];
  return [container, ...names.map((name) => headers.get(name))].join(" ");
}
