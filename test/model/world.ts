import type { Random } from "../../local/launcher/faults/random.ts";
import { type ClaimStore, claimName } from "../../shared/envelope/claim-store.ts";
import { AppError } from "../../shared/errors.ts";
import type { EventDocument, EventStore, Tombstone } from "../../shared/event/event-store.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../shared/ledger/ledger-store.ts";
import type { WorkQueue } from "../../shared/pipeline/work-queue.ts";
import type { QuarantineDocument, QuarantineStore } from "../../shared/quarantine/quarantine-store.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { createMemoryClaimStore, type MemoryClaimStore } from "../support/memory-claim-store.ts";
import { createMemoryQuarantineStore, type MemoryQuarantineStore } from "../support/memory-quarantine-store.ts";
import { createMemoryEventStore, createMemoryLedgerStore } from "../support/memory-stores.ts";
import { createMemoryWorkQueue, type MemoryWorkQueue, type QueuedMessage } from "../support/memory-work-queue.ts";
import { eventTypes, UNSTORABLE } from "./make-traffic.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** The contents of the services. They outlive every process. */
export interface World {
  readonly events: ReturnType<typeof createMemoryEventStore>;
  readonly ledger: ReturnType<typeof createMemoryLedgerStore>;
  readonly quarantine: MemoryQuarantineStore;
  readonly claims: MemoryClaimStore;
  /** The messages of the poison queue wait among its own. */
  readonly queue: MemoryWorkQueue;
  readonly poison: Set<QueuedMessage>;
  /** Ledger entries as they were created, by org and receipt. */
  readonly accounts: Map<string, LedgerEntry>;
  /** Marks of the events that were stored and have expired, by org and document id. */
  readonly gone: Map<string, Set<string>>;
  /** Observations on the way that must never be made. */
  readonly violations: string[];
}

/** The ports as one process sees them: every call is a step that may fail before or after it took effect. */
export interface Ports {
  readonly events: EventStore;
  readonly ledger: LedgerStore;
  readonly quarantine: QuarantineStore;
  readonly claims: ClaimStore;
  readonly queue: WorkQueue;
}

export interface Connection {
  readonly world: World;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly process: Process;
  /** Whether each document of a bulk request is a step of its own, so that two requests interleave. */
  readonly apart: boolean;
}

export function createWorld(): World {
  return {
    events: createMemoryEventStore(),
    ledger: createMemoryLedgerStore(),
    quarantine: createMemoryQuarantineStore(),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    poison: new Set(),
    accounts: new Map(),
    gone: new Map(),
    violations: [],
  };
}

const unavailable: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the model says so" };
const away = new AppError("store_unavailable", "the model says so");

function noAnswer(): never {
  throw away;
}

export function connect(connection: Connection): Ports {
  const { world, scheduler, process } = connection;
  const { claims, queue } = world;
  const call = <T>(what: readonly string[], effect: () => T | Promise<T>): Promise<T> =>
    scheduler.step(process, what, effect, noAnswer);
  return {
    events: connectEvents(connection),
    ledger: connectLedger(connection),
    quarantine: {
      create: (documents) =>
        createEach(connection, "quarantine.create", documents, (document) => keepInQuarantine(world, document)),
      read: (orgId, id) => call(["quarantine.read"], () => world.quarantine.read(orgId, id)),
    },
    claims: {
      ...claims,
      put: (name, bytes) => call(["claims.put", name], () => claims.put(name, bytes)),
      get: (name) => call(["claims.get", name], () => claims.get(name)),
      delete: (name) => call(["claims.delete", name], () => deleteClaim(world, name)),
    },
    queue: {
      ...queue,
      put: (text, delaySeconds) => call(["queue.put"], () => queue.put(text, delaySeconds)),
    },
  };
}

function deleteClaim({ claims, ledger, violations }: World, name: string): Promise<void> {
  if (!ledger.entries().some((entry) => claimName(entry.org_id, entry.id) === name))
    violations.push(`${name} is deleted before its account is closed`);
  return claims.delete(name);
}

/** As a bulk request: each document has a fate of its own. */
async function createEach<D extends { readonly id: string }>(
  { scheduler, process, apart }: Connection,
  what: string,
  documents: readonly D[],
  create: (document: D) => Promise<WriteResult>,
): Promise<WriteResult[]> {
  if (apart)
    return Promise.all(
      documents.map((document) =>
        scheduler.step(
          process,
          [what, document.id],
          () => create(document),
          () => unavailable,
        ),
      ),
    );
  const createWithFate = async (document: D): Promise<WriteResult> => {
    const fate = scheduler.fate();
    if (fate === "fails before") return unavailable;
    const result = create(document);
    return fate === "works" ? result : unavailable;
  };
  return scheduler.step(
    process,
    [what, ...documents.map((document) => document.id)],
    () => Promise.all(documents.map(createWithFate)),
    () => documents.map(() => unavailable),
  );
}

async function keepInQuarantine({ quarantine }: World, document: QuarantineDocument): Promise<WriteResult> {
  if ("json" in document.raw && document.raw.json === UNSTORABLE) return { status: "refused", reason: "400" };
  const [result] = await quarantine.create([document]);
  return result ?? unavailable;
}

function connectEvents(connection: Connection): EventStore {
  const { world, scheduler, random, process } = connection;
  const { events } = world;
  const createOne = async (document: EventDocument | Tombstone): Promise<WriteResult> => {
    if (document.receipt_id !== null && isRefused(document, random)) return { status: "refused", reason: "400" };
    const [result] = await events.create([document]);
    return result ?? unavailable;
  };
  const call = <T>(what: readonly string[], effect: () => T | Promise<T>): Promise<T> =>
    scheduler.step(process, what, effect, noAnswer);
  return {
    create: async (documents) => {
      const defect = defectOf(documents, random);
      if (defect === "before") await call(["a defect"], failOnDefect);
      const results = await createEach(connection, "events.create", documents, createOne);
      return defect === "after" ? failOnDefect() : results;
    },
    findOccupants: (orgId, ids) => call(["events.findOccupants", ...ids], () => events.findOccupants(orgId, ids)),
    replace: (document, etag) =>
      scheduler.step(
        process,
        ["events.replace", document.id],
        () =>
          document.receipt_id !== null && isRefused(document, random)
            ? { status: "refused", reason: "400" }
            : events.replace(document, etag),
        () => unavailable,
      ),
    read: (orgId, id) => call(["events.read"], () => events.read(orgId, id)),
    query: (orgId, query) => call(["events.query"], () => events.query(orgId, query)),
  };
}

function failOnDefect(): never {
  throw new TypeError("a defect");
}

/** A defect of the code, at an event of a certain kind: before anything was written, or when all was. */
function defectOf(documents: readonly (EventDocument | Tombstone)[], random: Random): "before" | "after" | undefined {
  for (const document of documents) {
    if (document.receipt_id === null) continue;
    if (document.event_type === eventTypes.defect) return "before";
    if (document.event_type === eventTypes.sometimesDefect && random.chance(0.5)) return "after";
  }
  return undefined;
}

function isRefused({ event_type }: EventDocument, random: Random): boolean {
  return event_type === eventTypes.refused || (event_type === eventTypes.sometimesRefused && random.chance(0.5));
}

function connectLedger({ world, scheduler, process }: Connection): LedgerStore {
  const { ledger } = world;
  const call = <T>(what: readonly string[], effect: () => Promise<T>): Promise<T> =>
    scheduler.step(process, what, effect, noAnswer);
  return {
    createEntry: (entry) =>
      scheduler.step(
        process,
        ["ledger.createEntry", entry.id],
        () => createEntry(world, entry),
        () => unavailable,
      ),
    readEntry: (orgId, slot, id) => call(["ledger.readEntry", id], () => ledger.readEntry(orgId, slot, id)),
    findOpenSlots: (limit) => call(["ledger.findOpenSlots"], () => ledger.findOpenSlots(limit)),
    readActiveRollup: (orgId, slot) =>
      call(["ledger.readActiveRollup", orgId, slot], () => ledger.readActiveRollup(orgId, slot)),
    findOpenEntries: (orgId, slot, limit) =>
      call(["ledger.findOpenEntries", orgId, slot], () => ledger.findOpenEntries(orgId, slot, limit)),
    merge: (step) => call(["ledger.merge", step.orgId, step.slot], () => ledger.merge(step)),
    findRollups: (orgId, range) => call(["ledger.findRollups"], () => ledger.findRollups(orgId, range)),
    findRollupVersions: (orgId, range) =>
      call(["ledger.findRollupVersions"], () => ledger.findRollupVersions(orgId, range)),
    findOpenEntriesInRange: (orgId, range) =>
      call(["ledger.findOpenEntriesInRange"], () => ledger.findOpenEntriesInRange(orgId, range)),
    findMergedSince: (orgId, slot, id, seq) =>
      call(["ledger.findMergedSince", slot, id], () => ledger.findMergedSince(orgId, slot, id, seq)),
  };
}

/** Everyone who computes an entry must compute the same. */
async function createEntry({ ledger, accounts, violations }: World, entry: LedgerEntry): Promise<WriteResult> {
  const key = `${entry.org_id} ${entry.id}`;
  const first = accounts.get(key);
  if (!first) accounts.set(key, entry);
  else if (JSON.stringify(first) !== JSON.stringify(entry))
    violations.push(`two deliveries of ${entry.id} computed different accounts`);
  return ledger.createEntry(entry);
}
