import { AppError } from "../../shared/errors.ts";
import type { JobDocument } from "../../shared/jobs/job.ts";
import type { EtaggedJob, JobStore, LiveJob } from "../../shared/jobs/job-store.ts";
import { call, type MemoryService } from "./memory-service.ts";
import { type Kept, keep } from "./memory-stores.ts";

export interface MemoryJobStore extends JobStore, MemoryService {
  all(): JobDocument[];
}

/** Jobs in memory. It passes the same contract suite as the one for Cosmos DB. */
export function createMemoryJobStore(): MemoryJobStore {
  const kept = new Map<string, Kept<JobDocument>>();
  const keyOf = (orgId: string, id: string): string => `${orgId}\0${id}`;
  const all = (): JobDocument[] => [...kept.values()].map(({ value }) => value);
  const live = (): LiveJob[] =>
    all().flatMap(({ place, id, org_id, steps, moved_at }) =>
      place === undefined ? [] : [{ place, id, org_id, steps, moved_at }],
    );
  const isTaken = ({ org_id, place }: JobDocument): boolean =>
    live().some((one) => one.org_id === org_id && one.place === place);
  const set = (job: JobDocument): boolean => Boolean(kept.set(keyOf(job.org_id, job.id), keep(job)));
  const read = (orgId: string, id: string): EtaggedJob | undefined => {
    const found = kept.get(keyOf(orgId, id));
    return found && { ...found.value, etag: found.etag };
  };
  const replace = (before: EtaggedJob, after: JobDocument): boolean => {
    if (kept.get(keyOf(before.org_id, before.id))?.etag !== before.etag) return false;
    return (after.place === before.place || !isTaken(after)) && set(after);
  };
  const list = (orgId: string, { before = "g", limit }: Parameters<JobStore["list"]>[1]): JobDocument[] =>
    all()
      .filter(({ org_id, id }) => org_id === orgId && id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1))
      .slice(0, limit);
  const options = { failure: () => new AppError("store_unavailable", "the store is away", { retryAfter: 1 }) };
  const store: MemoryJobStore = {
    all,
    away: false,
    hanging: undefined,
    create: (job) => call(store, () => !isTaken(job) && set(job), options),
    read: (orgId, id) => call(store, () => read(orgId, id), options),
    replace: (before, after) => call(store, () => replace(before, after), options),
    list: (orgId, query) => call(store, () => list(orgId, query), options),
    listLive: (orgId) => call(store, () => live().filter(({ org_id }) => org_id === orgId), options),
    findLive: async function* () {
      yield await call(store, live, options);
    },
  };
  return store;
}
