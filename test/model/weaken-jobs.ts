import type { WeakenJobs } from "./jobs-model.ts";

interface JobsWeakening {
  readonly name: string;
  readonly weaken: WeakenJobs;
  /** The first seed that catches it. */
  readonly caughtBy: number;
  readonly as: RegExp;
}

/** Takes the present ETag for the one that was read: of two deliveries of a step both are committed. */
const jobWithoutEtag: WeakenJobs = (ports, { jobs }) => ({
  ...ports,
  jobs: {
    ...ports.jobs,
    replace: async (before, after) => {
      const { etag } = (await jobs.read(before.org_id, before.id)) ?? before;
      return ports.jobs.replace({ ...before, etag }, after);
    },
  },
});

/** Whoever looks at a step again does not know what it has done itself. */
const endWithoutJob: WeakenJobs = (ports) => ({
  ...ports,
  quarantine: {
    ...ports.quarantine,
    read: async (orgId, id) => {
      const found = await ports.quarantine.read(orgId, id);
      if (!found || !("ended" in found)) return found;
      const { job_id, ...ended } = found.ended;
      return { ...found, ended };
    },
  },
});

/** Nor what it has tried, and left where it was. */
const triedByNobody: WeakenJobs = (ports) => ({
  ...ports,
  quarantine: {
    ...ports.quarantine,
    read: async (orgId, id) => {
      const found = await ports.quarantine.read(orgId, id);
      if (!found || "ended" in found) return found;
      const { tried_by, ...own } = found;
      return own;
    },
  },
});

/** Nor what became of what it has replayed. */
const endWithoutOutcome: WeakenJobs = (ports) => ({
  ...ports,
  quarantine: {
    ...ports.quarantine,
    read: async (orgId, id) => {
      const found = await ports.quarantine.read(orgId, id);
      return found && "ended" in found && found.ended.to === "duplicate"
        ? { ...found, ended: { ...found.ended, to: "stored" } }
        : found;
    },
  },
});

export const jobWeakenings: readonly JobsWeakening[] = [
  {
    name: "a job without ETag",
    weaken: jobWithoutEtag,
    caughtBy: 1089,
    as: /says \d \w+, and \d are by it|counts \d+ events/,
  },
  { name: "an end that does not say by which job", weaken: endWithoutJob, caughtBy: 2, as: /says \d \w+, and \d are/ },
  { name: "a try that does not say by which job", weaken: triedByNobody, caughtBy: 28, as: /says \d \w+, and \d are/ },
  {
    name: "an end that does not say what became of it",
    weaken: endWithoutOutcome,
    caughtBy: 10,
    as: /says \d duplicate/,
  },
];
