import { describe, expect, it } from "vitest";
import { end, type JobDocument } from "../../shared/jobs/job.ts";
import type { EtaggedJob, JobStore } from "../../shared/jobs/job-store.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { newOrg } from "./new-org.ts";

export interface JobStoreUnderTest {
  open(): Promise<JobStore>;
  /** Of a service that fails every call. */
  openAway(): Promise<JobStore>;
}

const NOW = Date.UTC(2026, 10, 22, 10);
const at = new Date(NOW).toISOString();

let made = 0;
function makeJob(org_id: string, place: number): JobDocument & { readonly place: number } {
  return {
    ...{ id: uuidv7(NOW + ++made), org_id, kind: "k", state: "waiting", parameters: { reason: "語" }, total: null },
    ...{ cursor: null, steps: 0, counts: {}, errors: [], created_at: at, moved_at: at, place },
    created_by: { subject: "member:m", client_address: "192.0.2.1", request_id: "r" },
  };
}

/** Of which nothing is read but what was put. */
const own = ({ etag, v, ...job }: EtaggedJob): JobDocument => job;
const unversioned = ({ v, ...job }: JobDocument): JobDocument => job;

async function readOne(store: JobStore, { org_id, id }: JobDocument): Promise<EtaggedJob> {
  const found = await store.read(org_id, id);
  if (!found) throw new Error("it is not there");
  return found;
}

/** The contract of every adapter of the jobs. */
export function describeJobStore(name: string, { open, openAway }: JobStoreUnderTest): void {
  describe(`job store: ${name}`, () => {
    it("keeps a job, for its org alone", async () => {
      const store = await open();
      const job = makeJob(newOrg(), 1);
      expect(await store.create(job)).toBe(true);
      expect(own(await readOne(store, job))).toEqual(job);
      expect(await store.read(newOrg(), job.id)).toBeUndefined();
      for (const id of ["", "place.1", uuidv7(1)]) expect(await store.read(job.org_id, id)).toBeUndefined();
    });

    it("gives a place to one of many at once, and again when its job has ended", async () => {
      const store = await open();
      const org = newOrg();
      const jobs = Array.from({ length: 8 }, () => makeJob(org, 2));
      const created = await Promise.all(jobs.map((job) => store.create(job)));
      expect(created.filter(Boolean)).toHaveLength(1);
      const [first] = await store.list(org, { limit: 10 });
      if (!first) throw new Error("none was created");
      const found = await readOne(store, first);
      expect(await store.listLive(org)).toMatchObject([{ id: first.id, place: 2, steps: 0, moved_at: at }]);
      expect(await store.replace(found, end(own(found), "stopped", NOW))).toBe(true);
      expect(await store.listLive(org)).toEqual([]);
      const next = makeJob(org, 2);
      expect(await store.create(next)).toBe(true);
      const stopped = await readOne(store, first);
      expect(await store.replace(stopped, { ...own(stopped), place: 2 })).toBe(false);
      expect(await store.replace(stopped, { ...own(stopped), place: 3 })).toBe(true);
      expect((await store.listLive(org)).map(({ place }) => place).sort()).toEqual([2, 3]);
    });

    it("replaces what was read, and nothing that has changed since", async () => {
      const store = await open();
      const job = makeJob(newOrg(), 1);
      await store.create(job);
      const read = await readOne(store, job);
      const results = await Promise.all([1, 2, 3].map((steps) => store.replace(read, { ...job, steps })));
      expect(results.filter(Boolean)).toHaveLength(1);
      expect((await readOne(store, job)).steps).toBe(results.indexOf(true) + 1);
      expect(await store.replace({ ...read, id: uuidv7(NOW) }, { ...job, id: uuidv7(NOW) })).toBe(false);
    });

    it("lists an org's jobs newest first, page by page, and no place", async () => {
      const store = await open();
      const org = newOrg();
      const jobs = [1, 2, 3].map((place) => makeJob(org, place));
      for (const job of jobs) await store.create(job);
      const [oldest, middle, newest] = jobs;
      expect((await store.list(org, { limit: 2 })).map(unversioned)).toEqual([newest, middle]);
      const rest = await store.list(org, { before: middle?.id, limit: 10 });
      expect(rest.map(unversioned)).toEqual([oldest]);
    });

    it("finds the live jobs of all orgs", async () => {
      const store = await open();
      const jobs = [makeJob(newOrg(), 1), makeJob(newOrg(), 1), makeJob(newOrg(), 1)];
      for (const job of jobs) await store.create(job);
      const [ended, ...live] = jobs;
      if (!ended) throw new Error("there are three");
      const found = await readOne(store, ended);
      await store.replace(found, end(own(found), "done", NOW));
      const ids: string[] = [];
      for await (const page of store.findLive()) ids.push(...page.map(({ id }) => id));
      expect(ids).toEqual(expect.arrayContaining(live.map(({ id }) => id)));
      expect(ids).not.toContain(ended.id);
    });

    it("a store that is away is `store_unavailable`", async () => {
      const store = await openAway();
      const job = makeJob(newOrg(), 1);
      const expected = { code: "store_unavailable" };
      await expect(store.create(job)).rejects.toMatchObject(expected);
      await expect(store.read(job.org_id, job.id)).rejects.toMatchObject(expected);
      await expect(store.replace({ ...job, etag: "1" }, job)).rejects.toMatchObject(expected);
      await expect(store.list(job.org_id, { limit: 1 })).rejects.toMatchObject(expected);
      await expect(store.listLive(job.org_id)).rejects.toMatchObject(expected);
      const first = store.findLive()[Symbol.asyncIterator]().next();
      await expect(first).rejects.toMatchObject(expected);
    });
  });
}
