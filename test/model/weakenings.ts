import type { EventStore } from "../../shared/event/event-store.ts";
import type { OpenRead, SumRead } from "../../shared/ledger/ledger-store.ts";
import { persistWorkItem } from "../../shared/pipeline/persist-work-item.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { type HostRules, OLDER_MAX_DEQUEUE_COUNT } from "./host-rules.ts";
import type { Weaken } from "./model.ts";
import {
  actByTry,
  actWithoutEtag,
  adjustmentBeforeAnswer,
  adjustmentUnanswered,
  noRemains,
  ownTombstoneGivesWay,
  ttlBeforeSweep,
} from "./weaken-acts.ts";
import {
  countOwnCreates,
  deltasBeforeHead,
  deltasDeletedApart,
  headWithoutEtag,
  inTwoWrites,
  newSlotByRelease,
  sealInTwoWrites,
  withLedger,
  withoutDelta,
  withoutEntries,
  writeTwice,
} from "./weaken-ledger.ts";
import {
  adjustElsewhere,
  adjustmentByTry,
  missingPartsIgnored,
  repairInTwoWrites,
  repairReadsDeltasFirst,
  repairWithoutEtag,
} from "./weaken-repair.ts";
import { type World, written } from "./world.ts";

/**
 * A deliberate weakening of the algorithm, which the model must catch. It wraps ports, or changes the rules of the
 * host; the real code stays as it is.
 */
export interface Weakening {
  readonly name: string;
  readonly weaken?: Weaken;
  readonly rules?: HostRules;
  /** The first seed that catches it. When the model changes, `npm run model -- --weakenings` finds it anew. */
  readonly caughtBy: number;
  /** The violation that reveals it. */
  readonly as: RegExp;
}

const withEvents =
  (weakened: (events: EventStore, world: World) => Partial<EventStore>): Weaken =>
  (ports, world) => ({ ...ports, events: { ...ports.events, ...weakened(ports.events, world) } });

const entryByWorkItem: Weaken = (ports, _world, process, random) => {
  const delivery = `${process.name} ${random.below(1e9)}`;
  return withLedger((ledger) => ({
    readEntry: async () => undefined,
    createEntries: (step) => {
      const entries = step.entries.map((entry) => ({ ...entry, id: `${entry.id} ${delivery}` }));
      return ledger.createEntries({ ...step, entries });
    },
  }))(ports, _world, process, random);
};

const dayInKey: Weaken = (ports, world, process, random) => {
  const day = random.below(2);
  return withEvents((events) => ({
    create: (documents) => events.create(documents.map((document) => ({ ...document, id: `${document.id}.${day}` }))),
    findOccupants: async (orgId, ids) => {
      const found = await events.findOccupants(
        orgId,
        ids.map((id) => `${id}.${day}`),
      );
      return new Map([...found].map(([id, occupant]) => [id.slice(0, -2), occupant]));
    },
  }))(ports, world, process, random);
};

const mergeWithoutEtag = withLedger((ledger, world) => ({
  merge: async (step) => {
    const open = await world.ledger.findOpenEntries(step.orgId, step.slot, 1_000);
    // Takes the present ETags for those that were read.
    const active = await world.ledger.readActiveRollup(step.orgId, step.slot);
    return ledger.merge({
      ...step,
      rollups: step.rollups.map(({ rollup }) => ({
        rollup,
        etag: rollup.id === active?.value.id ? active.etag : undefined,
      })),
      entries: step.entries.flatMap((entry) => {
        const now = open.find(({ value }) => value.id === entry.id);
        return now ? [{ ...entry, etag: now.etag }] : [];
      }),
    });
  },
}));

const mergeInTwoSteps = withLedger((ledger) => ({
  merge: async (step) =>
    (await ledger.merge({ ...step, entries: [] })) && (await ledger.merge({ ...step, rollups: [] })),
}));

/** Takes any document that this very try did not create for a duplicate. */
const conflictIsDuplicate = withEvents(() => ({
  findOccupants: async (_orgId, ids) =>
    new Map(ids.map((id) => [id, { id, receiptId: "another", quarantined: [], etag: "" }])),
}));

/** What is there says how it will end, and the account is closed with it while the events are on their way. */
const entryBeforeOutcomes = withEvents((events) => ({
  create: async (documents) => {
    const [first] = documents;
    if (!first || documents.some(({ receipt_id }) => receipt_id === null)) return events.create(documents);
    const there = await events.findOccupants(
      first.org_id,
      documents.map(({ id }) => id),
    );
    events.create(documents).catch(() => undefined);
    return documents.map(({ id }) => (there.has(id) ? { status: "conflict" } : written));
  },
}));

/** The answer to one try decides, not the document in the store. */
const statusOfTheTry = withEvents((events) => ({
  create: async (documents) =>
    (await events.create(documents)).map((result, i) =>
      result.status === "unavailable" && documents[i]?.receipt_id !== null ? written : result,
    ),
}));

const deleteClaimEarly: Weaken = (ports) => ({
  ...ports,
  claims: {
    ...ports.claims,
    get: async (name) => {
      const bytes = await ports.claims.get(name);
      await ports.claims.delete(name);
      return bytes;
    },
  },
});

const noTombstone = withEvents((events) => ({
  create: async (documents) =>
    documents.every((document) => document.receipt_id === null)
      ? documents.map(() => written)
      : events.create(documents),
}));

const tombstoneWithoutMarks = withEvents((events) => ({
  findOccupants: async (orgId, ids) => {
    const found = await events.findOccupants(orgId, ids);
    return new Map([...found].map(([id, occupant]) => [id, { ...occupant, quarantined: [] }]));
  },
}));

const replaceWithoutEtag = withEvents((events, world) => ({
  replace: async (document, etag) => {
    const now = (await world.events.findOccupants(document.org_id, [document.id])).get(document.id);
    return events.replace(document, now?.etag ?? etag);
  },
}));

/** Sums, then what is open, and that is all. */
const sumsOfTheFirstLook = withLedger((ledger) => {
  let looked: readonly SumRead[] = [];
  return {
    listSums: async (scope, take) => {
      await ledger.readSums(scope, (rows) => {
        looked = rows;
      });
      take(looked);
    },
    readSums: async (_scope, take) => take(looked),
  };
});

/** What is open, then the sums. */
const openBeforeSums = withLedger((ledger) => {
  const open = new Map<string | undefined, readonly OpenRead[]>();
  return {
    listSums: async (scope, take) => {
      await ledger.readOpen(scope, (rows) => open.set(scope.slot, rows));
      await ledger.listSums(scope, take);
    },
    readOpen: async ({ slot }, take) => take(open.get(slot) ?? []),
  };
});

/** Reads without session tokens, as the SDK does unless the client was made with a consistency level. */
const noSession: Weaken = (ports, world, process) => {
  const forgetful = <T extends object>(store: T): T =>
    Object.fromEntries(
      Object.entries(store).map(([name, method]) => [
        name,
        (...given: unknown[]) => {
          world.replicas.forget(process);
          return method(...given);
        },
      ]),
    ) as T;
  return { ...ports, events: forgetful(ports.events), ledger: forgetful(ports.ledger) };
};

/** As in 0.3.0: the host poisons, and what fails in the poison queue stays there. */
const lastNetOfAzure: HostRules = {
  maxDequeueCount: OLDER_MAX_DEQUEUE_COUNT,
  persistPoison: (deps, text) => persistWorkItem(deps, text, OLDER_MAX_DEQUEUE_COUNT, silent),
};

export const weakenings: readonly Weakening[] = [
  {
    name: "ledger entry by work item instead of by receipt",
    weaken: entryByWorkItem,
    caughtBy: 0,
    as: /ledger entries for/,
  },
  { name: "day of processing in the event's key", weaken: dayInKey, caughtBy: 0, as: /counts as stored 2 times/ },
  { name: "no ETag on merge", weaken: mergeWithoutEtag, caughtBy: 5571, as: /the account of . is/ },
  { name: "merge in two steps", weaken: mergeInTwoSteps, caughtBy: 0, as: /a reader saw/ },
  {
    name: "outcome by count instead of by create: a 409 is a duplicate",
    weaken: conflictIsDuplicate,
    caughtBy: 1,
    as: /is duplicate, but in the store/,
  },
  {
    name: "outcome by count instead of by create: the answer to one try",
    weaken: statusOfTheTry,
    caughtBy: 9,
    as: /is stored, but not in the store/,
  },
  { name: "claim check deleted early", weaken: deleteClaimEarly, caughtBy: 2, as: /is quarantined, and not in/ },
  { name: "quarantine without tombstone", weaken: noTombstone, caughtBy: 55, as: /is stored, and in quarantine/ },
  {
    name: "tombstone without marks",
    weaken: tombstoneWithoutMarks,
    caughtBy: 16,
    as: /is (stored|duplicate), and in quarantine/,
  },
  {
    name: "tombstone replaced without ETag",
    weaken: replaceWithoutEtag,
    caughtBy: 419,
    as: /is stored, but not in the store/,
  },
  {
    name: "late redelivery not looked up in the ledger",
    weaken: withLedger(() => ({ readEntry: async () => undefined })),
    caughtBy: 4,
    as: /a late redelivery changed something/,
  },
  {
    name: "reader that does not look at the sums a second time",
    weaken: sumsOfTheFirstLook,
    caughtBy: 0,
    as: /a reader saw/,
  },
  {
    name: "reader that asks for what is open before it lists the sums",
    weaken: openBeforeSums,
    caughtBy: 1,
    as: /a reader saw/,
  },
  {
    name: "an entry, and then its delta",
    weaken: inTwoWrites((step) => [withoutDelta(step), withoutEntries(step)]),
    caughtBy: 18,
    as: /counts \d+ entries, and has/,
  },
  {
    name: "a delta, and then its entry",
    weaken: inTwoWrites((step) => [withoutEntries(step), withoutDelta(step)]),
    caughtBy: 0,
    as: /counts \d+ entries, and has/,
  },
  {
    name: "a delta counts what its own try has created",
    weaken: countOwnCreates,
    caughtBy: 4,
    as: /counts \d+ entries, and has/,
  },
  { name: "an entry is written twice", weaken: writeTwice, caughtBy: 0, as: /counts \d+ entries, and has/ },
  {
    name: "a merge reads deltas before the head",
    weaken: deltasBeforeHead,
    caughtBy: 0,
    as: /counts \d+ entries|the sums of/,
  },
  {
    name: "deltas deleted apart from the head that took them up",
    weaken: deltasDeletedApart,
    caughtBy: 4,
    as: /a reader saw|counts \d+ entries/,
  },
  { name: "head without ETag", weaken: headWithoutEtag, caughtBy: 170, as: /counts \d+ entries|the sums of/ },
  { name: "head and part in two writes", weaken: sealInTwoWrites, caughtBy: 47, as: /a reader saw|the sums of/ },
  { name: "another slot by a later release", weaken: newSlotByRelease, caughtBy: 0, as: /ledger entries for/ },
  {
    name: "adjustment in another slot than its receipt's",
    weaken: adjustElsewhere,
    caughtBy: 331,
    as: /a reader saw -/,
  },
  { name: "a new adjustment id per try", weaken: adjustmentByTry, caughtBy: 38, as: /the outcomes of . are/ },
  { name: "`ttl` before the sweep", weaken: ttlBeforeSweep, caughtBy: 26, as: /the outcomes of . are/ },
  { name: "an act without ETag", weaken: actWithoutEtag, caughtBy: 26, as: /the trail tells [2-9] times/ },
  {
    name: "nothing left of a discarded document",
    weaken: noRemains,
    caughtBy: 24,
    as: /quarantined, and in quarantine/,
  },
  { name: "a line in the trail per try", weaken: actByTry, caughtBy: 12, as: /the trail tells [2-9] times/ },
  {
    name: "adjustment of a replay before the store's answer",
    weaken: adjustmentBeforeAnswer,
    caughtBy: 175,
    as: /replayed, but not in the store|the account of . is/,
  },
  {
    name: "tombstone that gives way to its own try",
    weaken: ownTombstoneGivesWay,
    caughtBy: 1170,
    as: /stored by a replay that nobody counts|the account of . is/,
  },
  {
    name: "the document ends although the adjustment was not answered",
    weaken: adjustmentUnanswered,
    caughtBy: 697,
    as: /the outcomes of . are/,
  },
  {
    name: "repair that reads deltas before entries",
    weaken: repairReadsDeltasFirst,
    caughtBy: 4687,
    as: /a repair: . \S+ counts/,
  },
  { name: "repair in two writes", weaken: repairInTwoWrites, caughtBy: 1561, as: /a repair: the head of/ },
  {
    name: "repair without ETag",
    weaken: repairWithoutEtag,
    caughtBy: 6332,
    as: /counts \d+ entries|the sums of|a repair: /,
  },
  {
    name: "reader that goes by the parts that are there",
    weaken: missingPartsIgnored,
    caughtBy: 15473,
    as: /a reader saw/,
  },
  {
    name: "ledger entry before all outcomes",
    weaken: entryBeforeOutcomes,
    caughtBy: 0,
    as: /is stored, but not in the store/,
  },
  {
    name: "no session tokens",
    weaken: noSession,
    caughtBy: 1,
    // More than there is: counted twice.
    as: /a reader saw (?:[2-9] .* to [01]|[3-9] .* to 2|[4-9] .* to 3)$/,
  },
  {
    name: "the host poisons, and its poison queue is the last net",
    rules: lastNetOfAzure,
    caughtBy: 196,
    as: /ledger entries for/,
  },
];
