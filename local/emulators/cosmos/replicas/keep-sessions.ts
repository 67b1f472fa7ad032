import { CosmosError } from "../errors.ts";
import { nameOperation } from "../gate.ts";
import { type HandleDocuments, readScope } from "../handle-documents.ts";
import type { PartitionRange } from "../partition/ranges.ts";
import type { CosmosRequest } from "../request.ts";
import { type Answer, describeError } from "../responses.ts";
import type { OpenContainer } from "../store/catalog.ts";
import { createLaggards } from "./laggards.ts";
import { readSessionToken, writeSessionToken } from "./session-token.ts";

/** How far a replica lags, and who meets it. Asked at each read of documents. */
export interface ReplicaLag {
  /** Whether the read is for the replica that lags. It is served by the other one if its session has seen more. */
  isLagging(): boolean;
  /** Whether no other replica is there for a read whose session has seen more: 404 with substatus 1002. */
  isAlone(): boolean;
  /** How long the replica stays as it is before it has everything again, in ms. */
  readonly ms: number;
}

const READS = new Set(["read", "query", "list"]);

/** Where a request is served. */
interface View {
  readonly open: OpenContainer;
  /** The last change that is there. Asked when the request is done: a long query may see later ones than at first. */
  readonly upTo: () => number;
}

/**
 * Issues session tokens and honours them. Writes go to the primary, and tell how far it is, also when they are refused.
 * A read may be served by a replica that lags, but never by one that is behind its session.
 */
export function keepSessions(handle: HandleDocuments, lag: ReplicaLag | undefined): HandleDocuments {
  const laggards = createLaggards(() => lag?.ms ?? 0);

  function choose(request: CosmosRequest, open: OpenContainer, ranges: readonly PartitionRange[]): View {
    const primary = { open, upTo: open.changes.last };
    if (!READS.has(nameOperation(request))) return primary;
    const seen = readSessionToken(request.headers["x-ms-session-token"], ranges);
    if (seen > primary.upTo()) throw sessionNotAvailable();
    if (!lag?.isLagging()) return primary;
    const replica = laggards.of(open);
    if (replica.upTo() >= seen) return replica;
    if (lag.isAlone()) throw sessionNotAvailable();
    return primary;
  }

  return async (request, open) => {
    const ranges = rangesOf(request, open);
    const view = choose(request, open, ranges);
    const answer = await handle(request, view.open).catch(describeRefusal);
    return withSession(answer, open, writeSessionToken(ranges, view.upTo()));
  };
}

function sessionNotAvailable(): CosmosError {
  return new CosmosError(404, "The read session is not available for the input session token.", 1002);
}

function describeRefusal(error: unknown): Answer {
  if (error instanceof CosmosError) return describeError(error);
  throw error;
}

function rangesOf(request: CosmosRequest, open: OpenContainer): readonly PartitionRange[] {
  const { container } = open;
  const { partition, range } = readScope(request, open);
  if (range) return [range];
  if (!partition) return container.ranges;
  const position = container.locate(partition);
  return container.ranges.filter(({ low, high }) => position >= low && position < high);
}

/** With the names by which the SDK finds the container of a token. */
function withSession(given: Answer, { container }: OpenContainer, token: string): Answer {
  return {
    ...given,
    headers: {
      "x-ms-session-token": token,
      "x-ms-alt-content-path": encodeURI(`dbs/${container.database}/colls/${container.id}`),
      "x-ms-content-path": container.rid,
      ...given.headers,
    },
  };
}
