import type { OpenContainer } from "../store/catalog.ts";
import { createReplica, type Replica } from "./replica.ts";

export interface Laggards {
  /** The replica of a container that lags: made when it is first asked for, and up to date then. */
  of(open: OpenContainer): Replica;
}

/** A replica further behind than this, in documents, is given up: nobody reads it at the moment. */
const MOST_BEHIND = 20_000;

/** @param ms how long a replica stays as it is before it has everything again */
export function createLaggards(ms: () => number): Laggards {
  const replicas = new WeakMap<OpenContainer, Replica>();
  const make = (open: OpenContainer): Replica => {
    const replica = createReplica(open);
    replicas.set(open, replica);
    const stop = open.changes.watch(() => {
      if (replica.behind() < MOST_BEHIND) return;
      stop();
      replica.stop();
      replicas.delete(open);
    });
    return replica;
  };
  return {
    of: (open) => {
      const known = replicas.get(open);
      if (!known) return make(open);
      if (performance.now() - known.since() >= ms()) known.catchUp();
      return known;
    },
  };
}
