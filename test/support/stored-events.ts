import type { Json, TestOrg } from "./connect-product.ts";
import { until } from "./until.ts";

/** The stored events of an org once there are so many, by their time. */
export async function readStored(org: TestOrg, count: number): Promise<Json[]> {
  const events = await until(async () => {
    const found = (await org.get("/api/v1/events?limit=1000")).body.events as Json[];
    return found.length >= count ? found : undefined;
  });
  return events.toSorted((a, b) => String(a.timestamp).localeCompare(String(b.timestamp)));
}

/** The account of an org once so many of its events are settled. */
export async function readSettled(org: TestOrg, count: number): Promise<Json> {
  return until(async () => {
    const totals = (await org.get("/api/v1/ledger")).body.totals as Json;
    return Number(totals.settled) >= count ? totals : undefined;
  });
}
