import { expect, it } from "vitest";
import { proveOrg } from "../../../cli/account/prove-account.ts";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { createTellAct } from "../../../shared/compose/tell-act.ts";
import { AppError } from "../../../shared/errors.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { createCosmosJobStore } from "../../../shared/jobs/cosmos-job-store.ts";
import { doStep } from "../../../shared/jobs/do-step.ts";
import { type StartDeps, startJob } from "../../../shared/jobs/start-job.ts";
import { wakeJobs } from "../../../shared/jobs/wake-jobs.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { settleEntries } from "../../../shared/ledger/settle-entries.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { discardQuarantined } from "../../../shared/quarantine/discard-quarantined.ts";
import { createQuarantine } from "../../../shared/quarantine/quarantine.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createReplayKind, REPLAY_KIND } from "../../../shared/replay/replay-found.ts";
import { replayQuarantined } from "../../../shared/replay/replay-quarantined.ts";
import { createSharedMemory } from "../../../shared/runtime/shared-memory.ts";
import { takeTurns } from "../../../shared/runtime/turn.ts";
import { type Containers, queryAll, sql } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { immortal, type Life, startLife } from "../../support/mortal.ts";

/* Acts on quarantine whose process is killed behind each of its calls of a store or the queue, one after the other. */

const HOUR = 3_600_000;
const RECEIVED = Date.UTC(2026, 10, 22, 10, 30);
const NOW = RECEIVED + HOUR;
const keys = createKeyRing([Buffer.alloc(32, 7)]);
const actor = { subject: "member:m", clientAddress: "192.0.2.1", requestId: "r" };
const limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 10, eventBytes: 1e5, eventTypes: 10 };
const at = new Date(RECEIVED).toISOString();
const eventOf = (i: number) => ({ event_id: `e${i}`, event_type: "paid", timestamp: at });
const itemOf = (i: number) => {
  const raw = { text: JSON.stringify(eventOf(i)) };
  return { code: "wrong_type", path: "", message: "", event_type: "paid", raw } as const;
};

/** An org with a stored event and two in quarantine that are valid by now. */
interface World {
  readonly containers: Containers;
  readonly orgId: string;
  readonly receipt: string;
  /** What waits in the queue of jobs; a message goes when its work is done. */
  readonly messages: string[];
}

async function makeWorld(containers: Containers, orgId: string): Promise<World> {
  const { receiptId: receipt } = mintReceipt(keys, orgId, RECEIVED, 3);
  const place = { org_id: orgId, receipt_id: receipt, index: 0, received_at: at };
  await createCosmosEventStore(containers.events).create([{ ...eventOf(0), id: "e0", ...place }]);
  const quarantine = createQuarantine(createCosmosQuarantineStore(containers.quarantine), createMemoryClaimStore());
  await quarantine.keepItems(orgId, receipt, [undefined, itemOf(1), itemOf(2)]);
  const waits = { outcome: "quarantined", code: "wrong_type" } as const;
  const outcomes = [{ outcome: "stored", eventType: "paid", timestamp: at }, waits, waits] as const;
  await settleEntries(createCosmosLedgerStore(containers.ledger), [makeLedgerEntry(orgId, receipt, outcomes)]);
  return { containers, orgId, receipt, messages: [] };
}

/** What one process has. */
function connect({ containers, messages }: World, life: Life, now = NOW) {
  const documents = life.of(createCosmosIdentityDocuments(containers.identity));
  const acting = {
    quarantine: life.of(createCosmosQuarantineStore(containers.quarantine)),
    events: life.of(createCosmosEventStore(containers.events)),
    ledger: life.of(createCosmosLedgerStore(containers.ledger)),
    claims: createMemoryClaimStore(),
    ...{ keys, limits, takeTurns, tell: createTellAct({ documents }), now: () => now },
    keyRings: { current: async () => keys, knowing: async () => keys },
    memory: createSharedMemory({ maxBytes: 1e9, waitMs: 0 }),
    openJudge: async () => undefined,
  };
  const jobs = life.of(createCosmosJobStore(containers.jobs));
  const put = (text: string) => life.call(() => void messages.push(text));
  const kinds = { [REPLAY_KIND]: createReplayKind(acting) };
  const nothing = async (): Promise<void> => undefined;
  return { acting, jobs: { jobs, put, kinds, ...acting, keepText: nothing, tellNewer: nothing } };
}

interface Act {
  readonly name: string;
  /** What a process does that may be killed; and what whoever comes next does. */
  readonly act: (world: World, life: Life) => Promise<unknown>;
  readonly next: (world: World) => Promise<unknown>;
  readonly outcomes: object;
  /** Lines of the trail that tell of events. */
  readonly lines: number;
  /** Calls that there are at least. */
  readonly least: number;
}

/** Another caller says the same: it is done by then, or was before. */
const single = (name: string, what: (world: World, life: Life) => Promise<unknown>, outcomes: object): Act => ({
  name,
  act: what,
  next: (world) =>
    what(world, immortal).catch((error: unknown) => {
      if (!(error instanceof AppError) || error.code !== "quarantined_gone") throw error;
    }),
  ...{ outcomes, lines: 1, least: 10 },
});

const asked = { kind: REPLAY_KIND, parameters: { to: new Date(NOW).toISOString() } };

const job: Act = {
  name: "a job that replays",
  act: runJob,
  next: async (world) => {
    const { jobs } = createList(world);
    if ((await jobs.list(world.orgId, { limit: 1 })).length === 0) await startIt(world);
    // An hour goes by for each try: who looks at a job that stands still asks for its step.
    for (let now = NOW; (await jobs.list(world.orgId, { limit: 1 }))[0]?.state !== "done"; now += HOUR) {
      expect(now, "the job never ends").toBeLessThan(NOW + 20 * HOUR);
      const deps = connect(world, immortal, now).jobs;
      if (world.messages.length === 0) await wakeJobs(deps, silent);
      for (const text of world.messages.splice(0)) await doStep(deps, text, silent);
    }
    expect(await jobs.list(world.orgId, { limit: 2 })).toMatchObject([{ counts: { stored: 2 }, errors: [] }]);
  },
  ...{ outcomes: { stored: 3, quarantined: 0 }, lines: 2, least: 25 },
};

const createList = ({ containers }: World) => ({ jobs: createCosmosJobStore(containers.jobs) });

function startIt(world: World, deps: StartDeps = connect(world, immortal).jobs): Promise<unknown> {
  return startJob(deps, actor, world.orgId, { ...asked, total: 2 });
}

/** Whoever asks for it, and the instances that do it. */
async function runJob(world: World, life: Life): Promise<void> {
  const deps = connect(world, life).jobs;
  await startIt(world, deps);
  for (let text = world.messages[0]; text !== undefined; text = world.messages[0]) {
    await doStep(deps, text, silent);
    world.messages.shift();
  }
}

const acts: readonly Act[] = [
  single(
    "a replay",
    (world, life) =>
      replayQuarantined(connect(world, life).acting, actor, world.orgId, { id: `${world.receipt}:1`, dryRun: false }),
    { stored: 2, quarantined: 1 },
  ),
  single(
    "a discard",
    (world, life) =>
      discardQuarantined(connect(world, life).acting, actor, world.orgId, { id: `${world.receipt}:1`, reason: "r" }),
    { stored: 1, quarantined: 1, discarded: 1 },
  ),
  job,
];

it.each(acts)(
  "$name that is killed behind any of its calls is completed by the next one, and the account closes between",
  async (one) => {
    const { containers } = (await startCosmosAccount()).cosmos;
    for (let calls = 1, isKilled = true; isKilled; calls++) {
      const world = await makeWorld(containers, `o${calls}`);
      const life = startLife(calls);
      const ended = one.act(world, life).then(() => false);
      isKilled = await Promise.race([ended, life.death.then(() => true)]);
      expect((await prove(world)).violations, `killed behind call ${calls}`).toEqual([]);
      await one.next(world);
      const { violations, account } = await prove(world);
      expect([violations, account], `killed behind call ${calls}`).toEqual([[], expect.objectContaining(one.outcomes)]);
      expect(await countLines(world), `killed behind call ${calls}`).toBe(one.lines);
      if (!isKilled) expect(calls).toBeGreaterThan(one.least);
    }
  },
  120_000,
);

function prove({ containers, orgId, receipt }: World) {
  return proveOrg(containers, orgId, [{ org_id: orgId, receipt_id: receipt, events: 3, bytes: 1 }]);
}

async function countLines({ containers, orgId }: World): Promise<number> {
  const where = "c.org_id = @org AND (c.action = 'event.replayed' OR c.action = 'event.discarded')";
  return (await queryAll(containers.identity, sql(`SELECT c.id FROM c WHERE ${where}`, { org: orgId }))).length;
}
