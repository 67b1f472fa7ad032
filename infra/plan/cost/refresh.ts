import { type Meter, type MeterKey, meterKeys, meters } from "./meters.ts";
import type { Price, PriceList } from "./prices.ts";
import { addressOf, type Item, priceOf, readPage } from "./retail-prices.ts";

export interface RefreshDeps {
  readonly fetch: typeof fetch;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Refreshed {
  readonly list: PriceList;
  /** What was found, a line each: the old price and the new one. */
  readonly found: readonly string[];
  /** What was not found, or not understood, a line each. Its old price stays. */
  readonly missing: readonly string[];
}

/**
 * Asks the Retail Prices API for every meter's price in a region. What it does not have keeps the price that it had.
 */
export async function refreshPrices(deps: RefreshDeps, list: PriceList, region: string): Promise<Refreshed> {
  const prices: Record<MeterKey, Price> = { ...list.prices };
  const found: string[] = [];
  const missing: string[] = [];
  for (const key of meterKeys) {
    const meter: Meter = meters[key];
    if (meter.query === undefined) continue;
    const answer = await ask(deps, meter, region);
    if ("problem" in answer) {
      missing.push(
        `${key} (${meter.query.meterName}): ${answer.problem}; ${prices[key].price} of ${prices[key].date} stays`,
      );
      continue;
    }
    found.push(`${key} (${meter.query.meterName}): ${prices[key].price} -> ${answer.price} per ${meter.unit}`);
    prices[key] = {
      price: answer.price,
      region: meter.query.region || (meter.query.region === "" ? "Global" : region),
      date: new Date(deps.now()).toISOString().slice(0, 10),
      source: "Retail Prices API",
      firstHand: true,
    };
  }
  return { list: { region, prices }, found, missing };
}

async function ask(deps: RefreshDeps, meter: Meter, region: string): Promise<ReturnType<typeof priceOf>> {
  if (meter.query === undefined) return { problem: "it has no meter" };
  try {
    const items: Item[] = [];
    for (let url: string | undefined = addressOf(meter.query, region); url !== undefined; ) {
      const page = readPage(await get(deps, url));
      items.push(...page.items);
      url = page.next;
    }
    return priceOf(items, meter);
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

const TRIES = 6;
const PAUSE_MS = 2_000;

/** It answers 429 to whoever asks too fast. */
async function get({ fetch, sleep }: RefreshDeps, url: string): Promise<unknown> {
  for (let tries = 1; ; tries++) {
    const response = await fetch(url, { signal: AbortSignal.timeout(60_000) });
    if (response.ok) return response.json();
    if (response.status !== 429 || tries === TRIES) throw new Error(`the API answered ${response.status}`);
    await sleep(PAUSE_MS * tries);
  }
}
