import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { AppError } from "../../../shared/errors.ts";
import { continueJob, stopJob } from "../../../shared/jobs/change-job.ts";
import { doStep, type StepDeps } from "../../../shared/jobs/do-step.ts";
import { isLive, type JobDocument, type JobKind, MOST_LIVE } from "../../../shared/jobs/job.ts";
import { decodeJobMessage, encodeJobMessage } from "../../../shared/jobs/job-message.ts";
import { readJob } from "../../../shared/jobs/read-jobs.ts";
import { startJob } from "../../../shared/jobs/start-job.ts";
import { wakeJobs } from "../../../shared/jobs/wake-jobs.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryJobStore, type MemoryJobStore } from "../../support/memory-job-store.ts";
import { createMemoryWorkQueue, type MemoryWorkQueue } from "../../support/memory-work-queue.ts";

const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const OF_A_STEP = 10;

interface World {
  readonly jobs: MemoryJobStore;
  readonly queue: MemoryWorkQueue;
  readonly deps: StepDeps & { readonly tell: (orgId: string, line: { readonly action: string }) => Promise<void> };
  readonly told: string[];
  readonly kept: string[];
  /** What was done, by job. */
  readonly done: Map<string, Set<number>>;
  /** What a step throws, in the place of all that it does. */
  fault: unknown;
  now: number;
  start(orgId?: string, total?: number): Promise<JobDocument>;
  /** Takes a message, as the host does when its work is done. */
  take(): string | undefined;
  read(job: JobDocument): Promise<JobDocument>;
}

/** A kind of job that does numbers up to its total, each once however often it is said. */
function createNumbersKind(world: Pick<World, "done" | "fault">): JobKind<{ total: number }> {
  return {
    scope: "quarantine:discard",
    parameters: z.object({ total: z.number() }),
    step: async ({ id, parameters: { total } }, cursor) => {
      if (world.fault !== undefined) throw world.fault;
      const from = Number(cursor ?? 0);
      const to = Math.min(from + OF_A_STEP, total);
      const own = world.done.get(id) ?? new Set();
      for (let i = from; i < to; i++) own.add(i);
      world.done.set(id, own);
      return { cursor: to < total ? to : null, counts: { done: to - from }, errors: [] };
    },
  };
}

function makeWorld(): World {
  const jobs = createMemoryJobStore();
  const told: string[] = [];
  const kept: string[] = [];
  const world: World = {
    ...{ jobs, told, kept, done: new Map(), fault: undefined, now: Date.UTC(2026, 10, 22, 10) },
    queue: createMemoryWorkQueue(() => world.now),
    deps: {
      jobs,
      put: (text, delay) => world.queue.put(text, delay, "jobs"),
      now: () => world.now,
      kinds: {},
      keepText: async (text) => void kept.push(text),
      tellNewer: async (format, version) => void told.push(`newer ${format} ${version}`),
      tell: async (_, { action }) => void told.push(action),
    },
    start: (orgId = "o", total = 25) =>
      startJob(world.deps, actor, orgId, { kind: "numbers", parameters: { total }, total }),
    take: () => world.queue.messages.shift()?.text,
    read: async (job) => {
      const found = await jobs.read(job.org_id, job.id);
      if (!found) throw new Error("the job is not there");
      return found;
    },
  };
  Object.assign(world.deps, { kinds: { numbers: createNumbersKind(world) } });
  return world;
}

/** Delivers messages until none is left. */
async function runAll(world: World): Promise<void> {
  for (let text = world.take(); text !== undefined; text = world.take()) await doStep(world.deps, text, silent);
}

describe("a job", () => {
  it("is done step by step, each of which asks for the next, and gives its place back", async () => {
    const world = makeWorld();
    const job = await world.start();
    expect(world.told).toEqual(["job.started"]);
    await runAll(world);
    expect(await world.read(job)).toMatchObject({ state: "done", steps: 3, counts: { done: 25 }, cursor: null });
    expect(world.jobs.all()[0]?.place).toBeUndefined();
    expect(world.jobs.all()[0]?.ttl).toBe(30 * 24 * 3600);
  });

  it("that has to wait for something asks for its next step as much later", async () => {
    const world = makeWorld();
    const waiting: JobKind = {
      scope: "quarantine:discard",
      parameters: z.unknown(),
      step: async (_, cursor) => ({
        cursor: cursor === null ? "waiting" : null,
        counts: {},
        errors: [],
        pauseSeconds: 7,
      }),
    };
    const deps = { ...world.deps, kinds: { numbers: waiting } };
    const job = await world.start();
    await doStep(deps, world.take() ?? "", silent);
    expect(world.queue.messages).toMatchObject([{ delaySeconds: 7 }]);
    await doStep(deps, world.take() ?? "", silent);
    expect(await world.read(job)).toMatchObject({ state: "done", steps: 2 });
  });

  it("whose messages come twice, late and in any order is done once, and none of its messages is left", async () => {
    const numbers = fc.array(fc.nat(7), { minLength: 30, maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(numbers, async (choices) => {
        const world = makeWorld();
        const jobs = [await world.start("a", 35), await world.start("b", 15)];
        for (const choice of choices) {
          const { messages } = world.queue;
          const message = messages[choice % Math.max(1, messages.length)];
          if (!message) break;
          // Delivered, and not taken out: as after a kill at the end of its work.
          if (choice < 6) messages.splice(messages.indexOf(message), 1);
          await doStep(world.deps, message.text, silent);
        }
        await runAll(world);
        for (const [i, total] of [35, 15].entries()) {
          const job = jobs[i];
          if (!job) throw new Error("there are two");
          expect(await world.read(job)).toMatchObject({ state: "done", counts: { done: total } });
          expect(world.done.get(job.id)?.size).toBe(total);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("that is killed between its step and the queue goes on when the message comes again", async () => {
    const world = makeWorld();
    const job = await world.start();
    const text = world.take() ?? "";
    world.queue.away = true;
    await expect(doStep(world.deps, text, silent)).rejects.toThrow();
    expect((await world.read(job)).steps).toBe(1);
    world.queue.away = false;
    // At once: the next step may be asked for. So it is looked at once more.
    await doStep(world.deps, text, silent);
    expect(world.queue.messages.map((message) => message.text)).toEqual([text]);
    world.now += 200_000;
    await runAll(world);
    expect(await world.read(job)).toMatchObject({ state: "done", counts: { done: 25 } });
  });

  it.each(["looks at it", "the timer comes"])("whose message is lost goes on when someone %s", async (who) => {
    const world = makeWorld();
    const job = await world.start();
    world.take();
    const look = async () => {
      if (who === "the timer comes") await wakeJobs(world.deps, silent);
      else await readJob(world.deps, "o", job.id);
    };
    await look();
    expect(world.queue.messages).toEqual([]);
    world.now += 181_000;
    await Promise.all([look(), look(), look()]);
    expect(world.queue.messages).toHaveLength(1);
    await runAll(world);
    expect((await world.read(job)).state).toBe("done");
  });

  it("waits out a store that is away, with growing delays and without an end", async () => {
    const world = makeWorld();
    const job = await world.start();
    world.fault = new AppError("store_unavailable", "away", { retryAfter: 1 });
    for (let i = 0; i < 30; i++) {
      await doStep(world.deps, world.take() ?? "", silent);
      expect(world.queue.messages[0]?.delaySeconds).toBeLessThanOrEqual(60);
    }
    expect(world.queue.messages[0]?.delaySeconds).toBeGreaterThanOrEqual(30);
    world.jobs.away = true;
    await doStep(world.deps, world.take() ?? "", silent);
    world.jobs.away = false;
    world.fault = undefined;
    await runAll(world);
    expect(await world.read(job)).toMatchObject({ state: "done", counts: { done: 25 }, errors: [] });
  });

  it("whose step fails five times for another reason has failed, and may be continued where it was", async () => {
    const world = makeWorld();
    const job = await world.start();
    await doStep(world.deps, world.take() ?? "", silent);
    world.fault = new TypeError("a defect");
    await runAll(world);
    const failed = await world.read(job);
    expect(failed).toMatchObject({ state: "failed", steps: 1, errors: [{ target: "step:1", code: "internal" }] });
    expect([failed.place, isLive(failed)]).toEqual([undefined, false]);
    world.fault = undefined;
    const deps = { ...world.deps, requireScope: async () => undefined };
    expect(await continueJob(deps, actor, "o", job.id)).toMatchObject({ state: "running" });
    await runAll(world);
    expect(await world.read(job)).toMatchObject({ state: "done", counts: { done: 25 } });
  });

  it("that is stopped during a step has done it, begins no other, and is continued where it was", async () => {
    const world = makeWorld();
    const job = await world.start();
    const deps = { ...world.deps, requireScope: async () => undefined };
    const { numbers } = world.deps.kinds;
    if (!numbers) throw new Error("there is the kind");
    const step: JobKind["step"] = async (...given) => {
      const result = await numbers.step(...given);
      await stopJob(deps, actor, "o", job.id);
      return result;
    };
    await doStep({ ...world.deps, kinds: { numbers: { ...numbers, step } } }, world.take() ?? "", silent);
    const stopped = await world.read(job);
    expect(stopped).toMatchObject({ state: "stopped", steps: 1, counts: { done: 10 } });
    expect([stopped.place, stopped.ended_at, world.queue.messages]).toEqual([undefined, undefined, []]);
    expect(await stopJob(deps, actor, "o", job.id)).toMatchObject({ state: "stopped" });
    expect(await continueJob(deps, actor, "o", job.id)).toMatchObject({ state: "running" });
    expect(await continueJob(deps, actor, "o", job.id)).toMatchObject({ state: "running" });
    await runAll(world);
    expect(await world.read(job)).toMatchObject({ state: "done", counts: { done: 25 } });
    expect(world.told).toEqual(["job.started", "job.stopped", "job.continued"]);
    await expect(stopJob(deps, actor, "o", job.id)).rejects.toMatchObject({ code: "job_ended" });
    await expect(continueJob(deps, actor, "o", job.id)).rejects.toMatchObject({ code: "job_ended" });
  });

  it("of a kind that only a newer release has waits for it", async () => {
    const world = makeWorld();
    const job = await world.start();
    const text = world.take() ?? "";
    await doStep({ ...world.deps, kinds: {} }, text, silent);
    expect(decodeJobMessage(world.queue.messages[0]?.text ?? "")).toMatchObject({ attempt: 1, step: 0 });
    await runAll(world);
    expect((await world.read(job)).state).toBe("done");
  });
});

describe("an org", () => {
  it(`has at most ${MOST_LIVE} live jobs, however many are started at once, and is told which`, async () => {
    const world = makeWorld();
    const results = await Promise.allSettled(Array.from({ length: 10 }, () => world.start()));
    const started = results.filter(({ status }) => status === "fulfilled");
    expect(started).toHaveLength(MOST_LIVE);
    const jobs = (await world.jobs.listLive("o")).map(({ id }) => id);
    await expect(world.start()).rejects.toMatchObject({ code: "too_many_jobs", members: { limit: MOST_LIVE, jobs } });
    expect(await world.start("another")).toMatchObject({ state: "waiting" });
  });
});

describe("a message of the jobs' queue", () => {
  it("is read as it was written", () => {
    const message = { attempt: 3, step: 12, orgId: "a.b~c-1", jobId: "01930000-0000-7000-8000-000000000000" };
    expect(encodeJobMessage(message)).toBe("j1:3:12:a.b~c-1:01930000-0000-7000-8000-000000000000");
    expect(decodeJobMessage(encodeJobMessage(message))).toEqual(message);
  });

  it("of a newer release waits for it, and one that is none is kept as it is", async () => {
    const world = makeWorld();
    await doStep(world.deps, "j9:4:what:ever", silent);
    expect(world.queue.messages).toMatchObject([{ text: "j9:5:what:ever" }]);
    expect(world.told).toEqual(["newer job_message 9"]);
    for (const text of ["", "what", "j1:0:1:o:", "j1:0:x:o:01930000-0000-7000-8000-000000000000"]) {
      await doStep(world.deps, text, silent);
      expect(world.kept.at(-1)).toBe(text);
    }
  });
});
