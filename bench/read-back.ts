import { type ApiOptions, callApi } from "../cli/call-api.ts";
import { addTo, type FileCounts, type TypeCounts } from "./count-file.ts";

/** An org as the file names it, with its API key. */
export interface OrgKey {
  readonly org: string;
  readonly apiKey: string;
}

const dayMs = 24 * 60 * 60 * 1000;

/** The stored events by `GET /api/v1/metrics/events`, by org and type, over the days of the file. */
export function readMetrics(orgs: readonly OrgKey[], file: FileCounts, api: ApiOptions): Promise<TypeCounts> {
  return readEach(orgs, async ({ org, apiKey }, counts) => {
    const query = new URLSearchParams({ ...rangeOf(file), interval: "day" });
    const { series } = (await get(`/api/v1/metrics/events?${query}`, apiKey, api)) as {
      series: { event_type: string; count: number }[];
    };
    for (const row of series) addTo(counts, org, row.event_type, row.count);
  });
}

/** The events that are really there: every event of every org, page by page, each id once. */
export function readEvents(orgs: readonly OrgKey[], file: FileCounts, api: ApiOptions): Promise<TypeCounts> {
  return readEach(orgs, async ({ org, apiKey }, counts) => {
    const seen = new Set<string>();
    let cursor: string | null | undefined;
    do {
      const query = new URLSearchParams({ ...rangeOf(file), limit: "1000", ...(cursor ? { cursor } : {}) });
      const page = (await get(`/api/v1/events?${query}`, apiKey, api)) as {
        events: { event_id: string; event_type: string }[];
        next_cursor: string | null;
      };
      for (const event of page.events) {
        if (seen.has(event.event_id)) throw new Error(`${org}: ${event.event_id} is on two pages`);
        seen.add(event.event_id);
        addTo(counts, org, event.event_type, 1);
      }
      cursor = page.next_cursor;
    } while (cursor);
  });
}

/** Whole days around the file's events, so that none of them lies outside. */
function rangeOf(file: FileCounts): { from: string; to: string } {
  const from = Math.floor(file.earliest / dayMs) * dayMs;
  const to = (Math.floor(file.latest / dayMs) + 1) * dayMs;
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

async function readEach(
  orgs: readonly OrgKey[],
  read: (org: OrgKey, counts: TypeCounts) => Promise<void>,
): Promise<TypeCounts> {
  const counts: TypeCounts = new Map();
  const left = [...orgs];
  const reader = async (): Promise<void> => {
    for (let org = left.shift(); org; org = left.shift()) await read(org, counts);
  };
  await Promise.all([reader(), reader(), reader(), reader()]);
  return counts;
}

async function get(path: string, apiKey: string, api: ApiOptions): Promise<unknown> {
  const answer = await callApi({ method: "GET", path, apiKey }, api);
  if (answer.ok) return answer.body;
  throw new Error(`GET ${path}: ${answer.problem.status} ${answer.problem.code}: ${answer.problem.detail}`);
}
