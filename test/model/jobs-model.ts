import { createRandom, type Random } from "../../local/launcher/faults/random.ts";
import { AppError } from "../../shared/errors.ts";
import { continueJob, stopJob } from "../../shared/jobs/change-job.ts";
import { doStep } from "../../shared/jobs/do-step.ts";
import { isLive } from "../../shared/jobs/job.ts";
import type { JobStore } from "../../shared/jobs/job-store.ts";
import { startJob } from "../../shared/jobs/start-job.ts";
import { wakeJobs } from "../../shared/jobs/wake-jobs.ts";
import { makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { nameOutcomes } from "../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../shared/ledger/read-account.ts";
import { settleEntries } from "../../shared/ledger/settle-entries.ts";
import { createDiscardKind, DISCARD_KIND } from "../../shared/quarantine/discard-found.ts";
import { createQuarantine } from "../../shared/quarantine/quarantine.ts";
import type { QuarantineStore } from "../../shared/quarantine/quarantine-store.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { createReplayKind, REPLAY_KIND } from "../../shared/replay/replay-found.ts";
import { type ReplayDeps, replayQuarantined } from "../../shared/replay/replay-quarantined.ts";
import { createSharedMemory } from "../../shared/runtime/shared-memory.ts";
import type { Turns } from "../../shared/runtime/turn.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { createMemoryJobStore, type MemoryJobStore } from "../support/memory-job-store.ts";
import { connectLedger } from "./connect-ledger.ts";
import { BASE_DAY, eventTypes, makeReceiptId } from "./make-traffic.ts";
import { createScheduler, type Process, type Scheduler } from "./scheduler.ts";
import { type Connection, connect, createWorld, noAnswer, type World } from "./world.ts";

/* Jobs that discard and replay, at once and beside single replays: killed, delivered twice, stopped and continued. */

export interface JobPorts {
  readonly jobs: JobStore;
  readonly quarantine: QuarantineStore;
}

/** A deliberate weakening: of the ports that a process has. */
export type WeakenJobs = (ports: JobPorts, of: { readonly world: World; readonly jobs: MemoryJobStore }) => JobPorts;

/** What became of an event in quarantine, and by which job. */
interface End {
  readonly result: string;
  readonly job: string | undefined;
}

interface JobsMachine {
  readonly world: World;
  readonly jobs: MemoryJobStore;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly weaken: WeakenJobs;
  readonly messages: Set<{ readonly text: string }>;
  readonly ends: Map<string, End>;
  /** Ids of everything that was in quarantine at first. */
  readonly waiting: readonly string[];
  readonly receipts: readonly string[];
  now: number;
  asked: number;
}

const ORG = "a";
const MOST_JOBS = 3;
const MOST_STEPS = 3_000;
const STORMY_STEPS = 150;
const keys = { ...createKeyRing([Buffer.alloc(32)]), verify: () => true };
const actor = { subject: "member:m", clientAddress: "unknown", requestId: "r" };
const limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 10, eventBytes: 1e5, eventTypes: 10 };
const memory = createSharedMemory({ maxBytes: Number.POSITIVE_INFINITY, waitMs: 0 });
/** The clock decides nothing here. */
const endless: Turns = { isOver: () => false, next: async () => undefined, pause: async () => undefined };

/** Runs one seed, and gives what is wrong in the end. */
export async function runJobsSeed(seed: number, weaken: WeakenJobs = (ports) => ports): Promise<readonly string[]> {
  const random = createRandom(seed ^ 0x10b5);
  const odds = {
    crash: random.pick([0, 0.03, 0.1]),
    failBefore: random.pick([0, 0.05]),
    failAfter: random.pick([0, 0.05, 0.15]),
  };
  const scheduler = createScheduler(random, odds, false);
  const ends = new Map<string, End>();
  const world = noteEnds(createWorld(seed, scheduler.isCalm), ends);
  const machine: JobsMachine = {
    ...{ world, scheduler, random, weaken, jobs: createMemoryJobStore(), messages: new Set(), ends },
    ...(await fill(world, random)),
    ...{ now: BASE_DAY + 5 * 86_400_000, asked: 0 },
  };
  for (let step = 0; !(await isOver(machine)); step++) {
    if (step === STORMY_STEPS) scheduler.calm();
    if (step > MOST_STEPS) return ["the jobs never came to an end"];
    machine.now += 100;
    if (random.chance(0.4)) startSomething(machine);
    await scheduler.advance();
  }
  return [...world.violations, ...checkJobs(machine), ...(await checkAccount(machine))];
}

const types = ["x", "x", "x", eventTypes.sometimesRefused, eventTypes.refused, ""];

/** Batches that are settled, with all of their events in quarantine: most are valid by now, some have the same id. */
async function fill(world: World, random: Random): Promise<Pick<JobsMachine, "waiting" | "receipts">> {
  const receipts: string[] = [];
  for (let batch = 0; batch < 2; batch++) {
    const events = 1 + random.below(4);
    const receiptId = makeReceiptId(random, batch, events);
    const items = Array.from({ length: events }, () => {
      const event = { event_id: `e${random.below(6)}`, event_type: random.pick(types) };
      return { code: "wrong_type", path: "", message: "", raw: { text: JSON.stringify(event) } } as const;
    });
    await createQuarantine(world.quarantine, world.claims).keepItems(ORG, receiptId, items);
    const outcomes = items.map(({ code }) => ({ outcome: "quarantined", code }) as const);
    await settleEntries(world.ledger, [makeLedgerEntry(ORG, receiptId, outcomes)]);
    receipts.push(receiptId);
  }
  world.replicas.catchUp();
  return { receipts, waiting: world.quarantine.all().map(({ id }) => id) };
}

/** Nothing is under way, each job is done, and nothing is decided that is not completed. */
async function isOver({ scheduler, jobs, world, messages }: JobsMachine): Promise<boolean> {
  if (!scheduler.isCalm() || scheduler.some(() => true) || messages.size > 0) return false;
  const open = world.quarantine.all().some(({ act }) => act !== undefined);
  return !open && jobs.all().every(({ state }) => state === "done");
}

function startSomething(machine: JobsMachine): Process | undefined {
  const { random, scheduler, jobs, world, messages } = machine;
  const all = jobs.all();
  if (machine.asked === 0 || (machine.asked < MOST_JOBS && !scheduler.isCalm() && random.chance(0.3)))
    return ask(machine);
  const message = messages.size > 0 && random.chance(0.7) ? random.pick([...messages]) : undefined;
  // The same message may be with two instances.
  if (message && ((!scheduler.isCalm() && random.chance(0.2)) || !scheduler.some(({ name }) => name === message.text)))
    return deliver(machine, message);
  if (all.length > 0 && random.chance(0.1)) return change(machine, random.pick(all).id, scheduler.isCalm());
  const documents = world.quarantine.all().filter(({ act }) => !scheduler.isCalm() || act !== undefined);
  if (documents.length > 0 && random.chance(0.2)) return replayOne(machine, random.pick(documents).id);
  // While messages are there, it is rarely anybody's turn.
  return all.some(isLive) && random.chance(messages.size === 0 ? 0.2 : 0.01) ? wake(machine) : undefined;
}

function ask(machine: JobsMachine): Process {
  machine.asked++;
  const kind = machine.random.pick([DISCARD_KIND, REPLAY_KIND, REPLAY_KIND]);
  const parameters = { to: new Date(machine.now).toISOString(), ...(kind === DISCARD_KIND && { reason: "r" }) };
  return start(machine, `ask for ${kind}`, (deps) => startJob(deps, actor, ORG, { kind, parameters, total: null }));
}

/** A message goes when its work is done. */
function deliver(machine: JobsMachine, message: { readonly text: string }): Process {
  const { messages } = machine;
  return start(machine, message.text, async (deps) => {
    await doStep(deps, message.text, silent);
    messages.delete(message);
  });
}

function change(machine: JobsMachine, id: string, isCalm: boolean): Process {
  const isToStop = !isCalm && machine.random.chance(0.5);
  return start(machine, "change a job", (deps) =>
    isToStop ? stopJob(deps, actor, ORG, id) : continueJob(deps, actor, ORG, id),
  );
}

function replayOne(machine: JobsMachine, id: string): Process {
  return start(machine, "replay one", (deps) => replayQuarantined(deps, actor, ORG, { id, dryRun: false }));
}

/** Long after: whatever was lost is asked for again. */
function wake(machine: JobsMachine): Process {
  machine.now += 200_000;
  return start(machine, "wake jobs", (deps) => wakeJobs(deps, silent));
}

type Deps = ReturnType<typeof connectJobs>;

/** An AppError is an answer: whoever gets it asks again, or leaves it. */
function start(machine: JobsMachine, name: string, work: (deps: Deps) => Promise<unknown>): Process {
  const { scheduler, world } = machine;
  return scheduler.start(
    name,
    (process) => work(connectJobs(machine, process)),
    (end) => {
      if (end.how === "threw" && !(end.error instanceof AppError))
        world.violations.push(`${name}: ${String(end.error)}`);
    },
  );
}

/** Every call of a port is a step, which may fail before or after it took effect. */
function connectJobs(machine: JobsMachine, process: Process) {
  const { world, scheduler, random, jobs, messages } = machine;
  const connection: Connection = { world, scheduler, random, process, apart: true };
  const ports = connect(connection);
  const call = <T>(what: string, effect: () => T | Promise<T>): Promise<T> =>
    scheduler.step(process, [what], effect, noAnswer);
  const own: JobPorts = {
    quarantine: ports.quarantine,
    jobs: {
      create: (job) => call("jobs.create", () => jobs.create(job)),
      read: (orgId, id) => call("jobs.read", () => jobs.read(orgId, id)),
      replace: (before, after) => call("jobs.replace", () => jobs.replace(before, after)),
      list: (orgId, query) => call("jobs.list", () => jobs.list(orgId, query)),
      listLive: (orgId) => call("jobs.listLive", () => jobs.listLive(orgId)),
      findLive: jobs.findLive,
    },
  };
  const { quarantine, jobs: store } = machine.weaken(own, { world, jobs });
  const nothing = async (): Promise<void> => undefined;
  const tell = () => call("tell", () => undefined);
  const acting: ReplayDeps = {
    ...{ events: ports.events, ledger: connectLedger(connection), claims: ports.claims, quarantine },
    ...{ keys, limits, memory, takeTurns: () => endless, openJudge: async () => undefined },
    ...{ tell, now: () => machine.now },
  };
  const found = { ...acting, keyRings: { current: async () => keys, knowing: async () => keys } };
  const kinds = { [DISCARD_KIND]: createDiscardKind(found), [REPLAY_KIND]: createReplayKind(found) };
  const put = (text: string) => call("put", () => void messages.add({ text }));
  return { ...acting, tell, jobs: store, kinds, put, keepText: nothing, tellNewer: nothing, requireScope: nothing };
}

/** The world itself notes who has ended what, whoever is killed behind it. */
function noteEnds(world: World, ends: Map<string, End>): World {
  const { quarantine } = world;
  const replace: QuarantineStore["replace"] = async (document, etag) => {
    const before = await quarantine.read(document.org_id, document.id);
    const result = await quarantine.replace(document, etag);
    if (result.status === "written" && "ended" in document && before && "act" in before)
      ends.set(document.id, { result: document.ended.to ?? document.ended.what, job: before.act?.job_id });
    return result;
  };
  return { ...world, quarantine: { ...quarantine, replace } };
}

/** A job counts each event that it ended, once, and as what it became; and everything that was there, once. */
function checkJobs({ jobs, ends, waiting }: JobsMachine): string[] {
  const violations: string[] = [];
  for (const { id, kind, counts } of jobs.all()) {
    const own = [...ends.values()].filter(({ job }) => job === id);
    for (const result of ["discarded", "stored", "duplicate"]) {
      const [found, told] = [own.filter((one) => one.result === result).length, counts[result] ?? 0];
      if (found !== told) violations.push(`${kind} says ${told} ${result}, and ${found} are by it`);
    }
    const sum = Object.values(counts).reduce((a, b) => a + b, 0);
    if (sum > waiting.length) violations.push(`${kind} counts ${sum} events of ${waiting.length}`);
  }
  return violations;
}

/** Every event has one outcome, in the ledger as in the stores. */
async function checkAccount({ world, receipts, ends, waiting }: JobsMachine): Promise<string[]> {
  const { outcomes } = await readAccount(world.ledger, ORG, { by: "receipt", from: 0, to: 7e7 });
  const sums = [...outcomes.values()].map(nameOutcomes);
  const toldOf = (name: "stored" | "duplicate" | "quarantined" | "discarded"): number =>
    sums.reduce((sum, one) => sum + (one[name] ?? 0), 0);
  const stored = world.events.all().filter(({ receipt_id }) => receipt_id !== null && receipts.includes(receipt_id));
  const ended = (result: string): number => [...ends.values()].filter((one) => one.result === result).length;
  const facts = {
    stored: stored.length,
    duplicate: ended("duplicate"),
    quarantined: world.quarantine.all().length,
    discarded: ended("discarded"),
  };
  const violations = Object.entries(facts).flatMap(([name, found]) => {
    const told = toldOf(name as keyof typeof facts);
    return told === found ? [] : [`the account says ${told} ${name}, and there are ${found}`];
  });
  const all = Object.values(facts).reduce((a, b) => a + b, 0);
  if (all !== waiting.length) violations.push(`${all} events have an outcome, of ${waiting.length}`);
  return violations;
}
