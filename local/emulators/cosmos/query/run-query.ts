import { chargeQuery } from "../charge.ts";
import type { Json } from "../json.ts";
import type { CompiledQuery } from "../sql/compiled-query.ts";
import type { Row } from "../sql/evaluate.ts";
import { createResultSet } from "../sql/result-set.ts";
import type { Store } from "../store/database.ts";
import { type Continuation, type Position, readContinuation, writeContinuation } from "./continuation.ts";
import { compileFilter } from "./filter.ts";
import { chooseOrder } from "./order.ts";
import { listRootNames } from "./path.ts";
import { countDocuments, type ScannedDocument, type ScanRequest, scanDocuments } from "./scan.ts";

/** One page of an answer; every item is JSON. */
export interface Page {
  readonly items: readonly string[];
  readonly continuation: string | undefined;
  readonly charge: number;
}

export interface PageRequest extends Omit<ScanRequest, "filter" | "order" | "onPassedOver"> {
  readonly compiled: CompiledQuery;
  readonly maxItems: number;
  readonly continuation: string | undefined;
}

const MAX_PAGE_BYTES = 4 * 1024 * 1024;

/** @throws {CosmosError} 400 when ORDER BY has no index, or the token is not one of ours */
export async function runQuery(store: Store, request: PageRequest): Promise<Page> {
  const { compiled, open } = request;
  const { query } = compiled;
  const roots = listRootNames(query);
  const filter = compileFilter(query.where, { roots, columnOf: (path) => open.documents.columnOf(path) });
  let passedOver = 0;
  const onPassedOver = (count: number): void => {
    passedOver += count;
  };
  const scan: ScanRequest = { ...request, filter, order: chooseOrder(query, open), onPassedOver };
  const continuation = readContinuation(request.continuation);
  const isWhole = compiled.aggregates.length > 0 || compiled.groupBy.length > 0 || query.distinct;
  const { examined, bytes, ...page } = isWhole
    ? await pageWhole(store, request, scan, continuation)
    : await pageStream(store, request, scan, continuation);
  return { ...page, charge: chargeQuery(examined, passedOver, bytes) };
}

/** A page, and its cost. */
type Read = Omit<Page, "charge"> & { readonly examined: number; readonly bytes: number };

/** Aggregates, groups and DISTINCT are computed whole for each page; the token counts rows. */
async function pageWhole(
  store: Store,
  request: PageRequest,
  scan: ScanRequest,
  from: Continuation | undefined,
): Promise<Read> {
  const { compiled } = request;
  const results = createResultSet(compiled);
  let examined = 0;
  if (isCountOnly(compiled, scan)) results.addCount(countDocuments(store, scan));
  else {
    const row: Row = { slots: [], totals: [] };
    for await (const { body } of scanDocuments(store, scan, undefined, Number.MAX_SAFE_INTEGER)) {
      examined++;
      row.slots[0] = JSON.parse(body) as Json;
      compiled.expand(row, () => {
        results.add(row);
        return true;
      });
    }
  }
  const page = createPage(request.maxItems);
  const values = results.finish();
  let next = from?.answered ?? 0;
  while (next < values.length && page.add(JSON.stringify(values[next]))) next++;
  return page.finish(examined, next < values.length ? { answered: next } : undefined);
}

/** SELECT VALUE COUNT(1) under a condition that an index answers needs no document at all. */
function isCountOnly({ query, aggregates, groupBy }: CompiledQuery, { filter }: ScanRequest): boolean {
  const [source, ...joins] = query.sources;
  const isPlain = source?.kind === "root" && source.path.length === 0 && joins.length === 0 && !query.distinct;
  const isCount = aggregates.length > 0 && aggregates.every((call) => call.name === "COUNT" && call.constant);
  return filter.exact && isPlain && isCount && groupBy.length === 0;
}

async function pageStream(
  store: Store,
  request: PageRequest,
  scan: ScanRequest,
  from: Continuation | undefined,
): Promise<Read> {
  const { compiled } = request;
  const { query } = compiled;
  const page = createPage(request.maxItems);
  const total = Math.min(query.top ?? Number.POSITIVE_INFINITY, query.limit ?? Number.POSITIVE_INFINITY);
  const readItems = createReader(compiled, scan.filter.exact);
  let toSkip = from ? 0 : (query.offset ?? 0);
  let answered = from?.answered ?? 0;
  let position: Position | undefined = from?.position;
  let examined = 0;
  if (answered >= total) return page.finish(0, undefined);
  // One more than the page holds, to know whether there is another page.
  for await (const document of scanDocuments(store, scan, position, request.maxItems + toSkip + 1)) {
    examined++;
    const items = readItems(document);
    const already = from?.partial?.rid === document.rid ? from.partial.rows : 0;
    for (const [index, item] of items.entries()) {
      if (index < already) continue;
      if (toSkip > 0) {
        toSkip--;
        continue;
      }
      if (!page.add(item)) {
        const partial = index > 0 ? { partial: { rid: document.rid, rows: index } } : {};
        return page.finish(examined, { ...(position ? { position } : {}), ...partial, answered });
      }
      if (++answered >= total) return page.finish(examined, undefined);
    }
    position = { keys: document.keys, rid: document.rid };
  }
  return page.finish(examined, undefined);
}

function createReader(compiled: CompiledQuery, exact: boolean): (document: ScannedDocument) => readonly string[] {
  if (exact && compiled.returnsDocument) return ({ body }) => [body];
  const row: Row = { slots: [], totals: [] };
  return ({ body }) => {
    const items: string[] = [];
    row.slots[0] = JSON.parse(body) as Json;
    compiled.expand(row, () => {
      const value = compiled.returnsDocument ? undefined : compiled.project(row);
      if (compiled.returnsDocument) items.push(body);
      else if (value !== undefined) items.push(JSON.stringify(value));
      return true;
    });
    return items;
  };
}

function createPage(maxItems: number) {
  const items: string[] = [];
  let bytes = 0;
  return {
    /** @returns false when the page is full */
    add(item: string): boolean {
      const size = Buffer.byteLength(item) + 1;
      if (items.length >= maxItems || (items.length > 0 && bytes + size > MAX_PAGE_BYTES)) return false;
      bytes += size;
      items.push(item);
      return true;
    },
    finish(examined: number, next: Continuation | undefined): Read {
      return { items, continuation: next && writeContinuation(next), examined, bytes };
    },
  };
}
