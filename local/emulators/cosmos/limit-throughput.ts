import { CosmosError } from "./errors.ts";
import { type HandleDocuments, readScope } from "./handle-documents.ts";
import type { PartitionRange } from "./partition/ranges.ts";
import type { CosmosRequest } from "./request.ts";
import type { OpenContainer } from "./store/catalog.ts";

/** What a physical partition may spend. */
export interface ThroughputLimit {
  /** Request units a second, for each partition range of each container. */
  readonly ruPerSecond: number;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
}

const SECOND_MS = 1_000;
/** "Request rate is large" of one partition key range. */
const SUBSTATUS = 3200;

/** Request units that are left of a second; below 0 what was spent of the next ones. */
interface Budget {
  left: number;
  second: number;
}

/**
 * Answers 429 to a request for a range that has spent its share of the second, with the time after which it has some
 * again. The request that spends the last of it is served whole, and owes the rest: the service tells what a request
 * costs only when it is done. A request to several ranges spends as much in each.
 */
export function limitThroughput(handle: HandleDocuments, limit: ThroughputLimit | undefined): HandleDocuments {
  if (!limit) return handle;
  const { ruPerSecond, now = () => performance.now() } = limit;
  const budgets = new Map<string, Budget>();

  function budgetOf(name: string): Budget {
    const second = Math.floor(now() / SECOND_MS);
    const budget = budgets.get(name) ?? { left: ruPerSecond, second };
    budgets.set(name, budget);
    budget.left = Math.min(ruPerSecond, budget.left + (second - budget.second) * ruPerSecond);
    budget.second = second;
    return budget;
  }

  function checkAll(asked: readonly Budget[]): void {
    const [worst] = asked.toSorted((a, b) => a.left - b.left);
    if (!worst || worst.left > 0) return;
    const seconds = 1 + Math.floor(-worst.left / ruPerSecond);
    const retryAfterMs = Math.ceil(seconds * SECOND_MS - (now() % SECOND_MS));
    throw new CosmosError(429, "Request rate is large. More Request Units may be needed.", SUBSTATUS, retryAfterMs);
  }

  return async (request, open) => {
    const asked = rangesOf(request, open).map(({ id }) => budgetOf(`${open.container.rid} ${id}`));
    checkAll(asked);
    const answer = await handle(request, open);
    for (const budget of asked) budget.left -= (answer.charge ?? 1) / asked.length;
    return answer;
  };
}

function rangesOf(request: CosmosRequest, open: OpenContainer): readonly PartitionRange[] {
  const { ranges } = open.container;
  const { partition, range } = readScope(request, open);
  if (range) return [range];
  if (!partition) return ranges;
  const position = open.container.locate(partition);
  return ranges.filter(({ low, high }) => position >= low && position < high);
}
