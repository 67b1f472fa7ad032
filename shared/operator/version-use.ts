import type { CountUse } from "../http/deprecations.ts";
import { reached } from "../runtime/reached.ts";

/** How often a route was asked. */
export interface Use {
  /** A day, UTC: `2026-11-30`. */
  readonly lastUsedOn: string;
  /** Requests by month, UTC: `2026-11`. */
  readonly months: Readonly<Record<string, number>>;
}

export interface OrgUse extends Use {
  readonly route: string;
  /** Null where nobody says who they are. */
  readonly orgId: string | null;
}

/** The use of routes that are to go, of all instances together, for the operator. */
export interface VersionUse {
  /** Adds to what is known. Throws AppError `store_unavailable`; then it may have been added all the same. */
  add(use: OrgUse): Promise<void>;
  /** Throws AppError `store_unavailable`. */
  list(): Promise<readonly OrgUse[]>;
}

export interface CountUseOptions {
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** The shortest time between two writes for a route and an org. Default: 15 minutes. */
  readonly everyMs?: number;
}

interface Counted {
  lastUsedOn: string;
  readonly months: Map<string, number>;
}

/**
 * Counts in memory, and writes rarely: the first request of an org to a route at once, so that nobody who uses it stays
 * unseen, and what follows once in `everyMs`. So an instance writes at most four times an hour for each route and org,
 * some 50 RU. When it ends it takes along what it counted since its last write. What could not be written is added to
 * what is written next; where only the answer was lost, it counts twice.
 */
export function createCountUse(
  store: Pick<VersionUse, "add">,
  { now, everyMs = 15 * 60_000 }: CountUseOptions,
): CountUse {
  const held = new Map<string, Counted>();
  const write = (id: string, use: Pick<OrgUse, "route" | "orgId">, { lastUsedOn, months }: Counted): void => {
    const next: Counted = { lastUsedOn, months: new Map() };
    held.set(id, next);
    setTimeout(() => {
      if (next.months.size === 0) held.delete(id);
      else write(id, use, next);
    }, everyMs).unref();
    store.add({ ...use, lastUsedOn, months: Object.fromEntries(months) }).catch(() => {
      reached("version-use-not-written");
      for (const [month, requests] of months) add(held.get(id) ?? next, month, requests);
    });
  };
  return (route, orgId) => {
    const day = new Date(now()).toISOString().slice(0, 10);
    const id = `${route} ${orgId ?? ""}`;
    const waiting = held.get(id);
    const counted = waiting ?? { lastUsedOn: day, months: new Map<string, number>() };
    counted.lastUsedOn = day;
    add(counted, day.slice(0, 7), 1);
    if (!waiting) write(id, { route, orgId }, counted);
  };
}

function add({ months }: Counted, month: string, requests: number): void {
  months.set(month, (months.get(month) ?? 0) + requests);
}
