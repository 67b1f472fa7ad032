import type { Random } from "../../local/faults/random.ts";
import type { ClaimStore } from "../../shared/envelope/claim-store.ts";
import { AppError } from "../../shared/errors.ts";
import type { LedgerStore } from "../../shared/ledger/ledger-store.ts";
import type { WorkQueue } from "../../shared/pipeline/work-queue.ts";
import type { EventDocument, EventStore, Tombstone, WriteResult } from "../../shared/store/event-store.ts";
import type { QuarantineStore } from "../../shared/store/quarantine-store.ts";
import {
  createMemoryEventStore,
  createMemoryLedgerStore,
  createMemoryQuarantineStore,
} from "../support/memory-stores.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** What the services hold. It outlives every process. */
export interface World {
  readonly events: ReturnType<typeof createMemoryEventStore>;
  readonly ledger: ReturnType<typeof createMemoryLedgerStore>;
  readonly quarantine: ReturnType<typeof createMemoryQuarantineStore>;
  readonly claims: Map<string, Buffer>;
  readonly queue: QueueMessage[];
}

export interface QueueMessage {
  readonly text: string;
  readonly poison: boolean;
  dequeued: number;
}

/** The ports as one process sees them: every call is a step that may fail before or after it took effect. */
export interface Ports {
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly quarantine: QuarantineStore;
  readonly claims: ClaimStore;
  readonly queue: WorkQueue;
}

export function createWorld(): World {
  return {
    events: createMemoryEventStore(),
    ledger: createMemoryLedgerStore(),
    quarantine: createMemoryQuarantineStore(),
    claims: new Map(),
    queue: [],
  };
}

const unavailable: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the model says so" };

function noAnswer(): never {
  throw new AppError("store_unavailable", "the model says so");
}

/** Event types that the store treats in a way of its own. */
export const storeTypes = { refused: "refused", sometimesRefused: "sometimes-refused", defect: "defect" } as const;

export function connect(world: World, scheduler: Scheduler, random: Random, process: Process): Ports {
  const read = <T>(what: string, effect: () => T): Promise<T> => scheduler.step(process, what, effect, noAnswer);
  return {
    events: connectEvents(world, scheduler, random, process),
    ledger: connectLedger(world.ledger, scheduler, process),
    quarantine: {
      create: (documents) =>
        flat(
          scheduler.step(
            process,
            "quarantine.create",
            () => world.quarantine.create(documents),
            async () => documents.map(() => unavailable),
          ),
        ),
      read: (orgId, id) => flat(read("quarantine.read", () => world.quarantine.read(orgId, id))),
    },
    claims: {
      put: (name, bytes) => read(`claims.put ${name}`, () => void world.claims.set(name, bytes)),
      get: (name) => read(`claims.get ${name}`, () => world.claims.get(name)),
      delete: (name) => read(`claims.delete ${name}`, () => void world.claims.delete(name)),
      check: async () => undefined,
    },
    queue: {
      put: (text) => read("queue.put", () => void world.queue.push({ text, poison: false, dequeued: 0 })),
      length: async () => world.queue.length,
    },
  };
}

/** A step that starts something which ends at once: the memory adapters do not wait. */
function flat<T>(step: Promise<Promise<T>>): Promise<T> {
  return step as unknown as Promise<T>;
}

function connectEvents(world: World, scheduler: Scheduler, random: Random, process: Process): EventStore {
  const { events } = world;
  const createOne = (document: EventDocument | Tombstone): Promise<WriteResult[]> | WriteResult[] => {
    if (document.receipt_id !== null && isRefused(document, random))
      return [{ status: "refused", reason: "400: the model says so" }];
    return events.create([document]);
  };
  return {
    // One step, in which each document has its own fate, as in a bulk request.
    create: (documents) =>
      flat(
        scheduler.step(
          process,
          `events.create ${documents.map((document) => document.id).join(" ")}`,
          async () => {
            if (documents.some((document) => document.receipt_id !== null && document.event_type === storeTypes.defect))
              throw new TypeError("a defect");
            const results: WriteResult[] = [];
            for (const document of documents) {
              if (!scheduler.isCalm() && random.chance(0.05)) results.push(unavailable);
              else results.push(...(await createOne(document)));
            }
            return results;
          },
          async () => documents.map(() => unavailable),
        ),
      ),
    findOccupants: (orgId, ids) =>
      flat(
        scheduler.step(
          process,
          `events.findOccupants ${ids.join(" ")}`,
          () => events.findOccupants(orgId, ids),
          noAnswer,
        ),
      ),
    replace: (document, etag) =>
      flat(
        scheduler.step(
          process,
          `events.replace ${document.id}`,
          () => events.replace(document, etag),
          async () => unavailable,
        ),
      ),
    read: (orgId, id) => flat(scheduler.step(process, "events.read", () => events.read(orgId, id), noAnswer)),
    query: (orgId, query) => flat(scheduler.step(process, "events.query", () => events.query(orgId, query), noAnswer)),
  };
}

function isRefused({ event_type }: EventDocument, random: Random): boolean {
  return event_type === storeTypes.refused || (event_type === storeTypes.sometimesRefused && random.chance(0.5));
}

function connectLedger(ledger: LedgerStore, scheduler: Scheduler, process: Process): LedgerStore {
  const read = <T>(what: string, effect: () => Promise<T>): Promise<T> =>
    flat(scheduler.step(process, `ledger.${what}`, effect, noAnswer));
  return {
    createEntry: (entry) =>
      flat(
        scheduler.step(
          process,
          `ledger.createEntry ${entry.id}`,
          () => ledger.createEntry(entry),
          async () => unavailable,
        ),
      ),
    readEntry: (orgId, slot, id) => read(`readEntry ${id}`, () => ledger.readEntry(orgId, slot, id)),
    findOpenSlots: (limit) => read("findOpenSlots", () => ledger.findOpenSlots(limit)),
    readActiveRollup: (orgId, slot) => read("readActiveRollup", () => ledger.readActiveRollup(orgId, slot)),
    findOpenEntries: (orgId, slot, limit) => read("findOpenEntries", () => ledger.findOpenEntries(orgId, slot, limit)),
    merge: (step) => read("merge", () => ledger.merge(step)),
    findRollups: (orgId, range) => read("findRollups", () => ledger.findRollups(orgId, range)),
    findRollupVersions: (orgId, range) => read("findRollupVersions", () => ledger.findRollupVersions(orgId, range)),
    findOpenEntriesInRange: (orgId, range) =>
      read("findOpenEntriesInRange", () => ledger.findOpenEntriesInRange(orgId, range)),
    findMergedSince: (orgId, slot, id, seq) =>
      read("findMergedSince", () => ledger.findMergedSince(orgId, slot, id, seq)),
  };
}
