import { createRandom, type Random } from "../../local/launcher/faults/random.ts";
import { type ClaimStore, claimName } from "../../shared/envelope/claim-store.ts";
import { AppError } from "../../shared/errors.ts";
import type { EventDocument, EventStore, Tombstone } from "../../shared/event/event-store.ts";
import type { LedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import type { LedgerStore } from "../../shared/ledger/ledger-store.ts";
import type { MergeSomeOptions } from "../../shared/ledger/merge-some.ts";
import type { WorkQueue } from "../../shared/pipeline/work-queue.ts";
import type { QuarantineDocument, QuarantineStore } from "../../shared/quarantine/quarantine-store.ts";
import type { WriteResult } from "../../shared/store/write-result.ts";
import { createMemoryClaimStore, type MemoryClaimStore } from "../support/memory-claim-store.ts";
import { createMemoryLedgerStore, type MemoryLedgerStore } from "../support/memory-ledger-store.ts";
import { createMemoryQuarantineStore, type MemoryQuarantineStore } from "../support/memory-quarantine-store.ts";
import { createMemoryEventStore, type MemoryEventStore, partitionOfEvent } from "../support/memory-stores.ts";
import { createMemoryWorkQueue, type MemoryWorkQueue, type QueuedMessage } from "../support/memory-work-queue.ts";
import { type OlderLedger, toOwnEntry } from "../support/older-ledger.ts";
import { ALL, type At, NOW, rangeOf } from "../support/versions.ts";
import { eventTypes, UNSTORABLE } from "./make-traffic.ts";
import { type Container, createReplicas, type Replicas } from "./replicas.ts";
import type { Process, Scheduler } from "./scheduler.ts";

/** The contents of the services. They outlive every process. */
export interface World {
  readonly events: MemoryEventStore;
  readonly ledger: MemoryLedgerStore;
  readonly replicas: Replicas;
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
  /** How releases up to 0.6.0 write it. */
  readonly older: OlderLedger;
  readonly merging: MergeSomeOptions;
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

export function createWorld(seed: number, isCalm: () => boolean): World {
  const events = createMemoryEventStore();
  const ledger = createMemoryLedgerStore(createFractions(seed));
  const replicas = createReplicas({ events, ledger }, seed, isCalm);
  return {
    events: {
      ...events,
      // Days have passed.
      expire: (orgId, id) => {
        events.expire(orgId, id);
        replicas.catchUp();
      },
    },
    ledger,
    replicas,
    quarantine: createMemoryQuarantineStore(),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    poison: new Set(),
    accounts: new Map(),
    gone: new Map(),
    violations: [],
  };
}

/** Another sequence than the one that decides what happens next. */
function createFractions(seed: number): () => number {
  const random = createRandom(seed ^ 0xf1a7);
  return () => random.below(1 << 20) / (1 << 20);
}

export const written: WriteResult = { status: "written" };
export const unavailable: WriteResult = { status: "unavailable", retryAfterMs: 0, reason: "the model says so" };
const away = new AppError("store_unavailable", "the model says so");

export function noAnswer(): never {
  throw away;
}

export function connect(connection: Connection): Omit<Ports, "ledger" | "older" | "merging"> {
  const { world, scheduler, process } = connection;
  const { claims, queue } = world;
  const call = <T>(what: readonly string[], effect: () => T | Promise<T>): Promise<T> =>
    scheduler.step(process, what, effect, noAnswer);
  return {
    events: connectEvents(connection),
    quarantine: {
      create: (documents) =>
        createEach(connection, "quarantine.create", documents, (document) => keepInQuarantine(world, document)),
      read: (orgId, id) => call(["quarantine.read"], () => world.quarantine.read(orgId, id)),
      replace: (document, etag) =>
        scheduler.step(
          process,
          ["quarantine.replace", document.id],
          () => world.quarantine.replace(document, etag),
          () => unavailable,
        ),
      delete: (orgId, id, etag) =>
        scheduler.step(
          process,
          ["quarantine.delete", id],
          () => world.quarantine.delete(orgId, id, etag),
          () => unavailable,
        ),
      findOlder: world.quarantine.findOlder,
      query: (orgId, query) => call(["quarantine.query"], () => world.quarantine.query(orgId, query)),
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
  const isEnvelope = name.startsWith("envelopes/");
  if (isEnvelope && !ledger.entries().some((entry) => claimName(entry.org_id, entry.id) === name))
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

/** A read of a container: of a replica that has what the instance had seen when it asked. */
export async function readFrom<T>(
  { world: { replicas }, scheduler, process }: Connection,
  container: Container,
  what: readonly string[],
  ranges: readonly number[],
  read: (at: At) => Promise<T>,
): Promise<T> {
  const seen = replicas.seenBy(process, container);
  let served: At = seen;
  const answer = await scheduler.step(
    process,
    what,
    () => {
      served = replicas.serve(container, seen);
      return read(served);
    },
    noAnswer,
  );
  replicas.note(process, container, served, ranges);
  return answer;
}

/** An answer to a write, also one that says no, tells how far the primary was. */
export async function noteWrite<T>(
  { world, process }: Pick<Connection, "world" | "process">,
  container: Container,
  ranges: readonly number[],
  write: () => T | Promise<T>,
): Promise<T> {
  const answer = await write();
  const last = world[container].last();
  world.replicas.note(
    process,
    container,
    NOW.map(() => last),
    ranges,
  );
  return answer;
}

function connectEvents(connection: Connection): EventStore {
  const { world, scheduler, random, process } = connection;
  const { events } = world;
  const createOne = async (document: EventDocument | Tombstone): Promise<WriteResult> => {
    if (document.receipt_id !== null && isRefused(document, random)) return { status: "refused", reason: "400" };
    const [result] = await noteWrite(connection, "events", rangesOf(document), () => events.create([document]));
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
    findOccupants: (orgId, ids) =>
      readFrom(connection, "events", ["events.findOccupants", ...ids], ALL, (at) =>
        events.readAt(at).findOccupants(orgId, ids),
      ),
    replace: (document, etag) =>
      scheduler.step(
        process,
        ["events.replace", document.id],
        () =>
          document.receipt_id !== null && isRefused(document, random)
            ? { status: "refused", reason: "400" }
            : noteWrite(connection, "events", rangesOf(document), () => events.replace(document, etag)),
        () => unavailable,
      ),
    read: (orgId, id) =>
      readFrom(connection, "events", ["events.read"], rangesOf({ org_id: orgId, id }), (at) =>
        events.readAt(at).read(orgId, id),
      ),
    query: (orgId, query) =>
      readFrom(connection, "events", ["events.query"], ALL, (at) => events.readAt(at).query(orgId, query)),
  };
}

function rangesOf({ org_id, id }: Pick<EventDocument, "org_id" | "id">): readonly number[] {
  return [rangeOf(partitionOfEvent(org_id, id))];
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

/** Everyone who computes an entry must compute the same, whatever its release. */
export function noteAccount({ accounts, violations }: World, entry: LedgerEntry): void {
  const key = `${entry.org_id} ${entry.id}`;
  const own = toOwnEntry(entry);
  const first = accounts.get(key);
  if (!first) accounts.set(key, own);
  else if (JSON.stringify(first) !== JSON.stringify(own))
    violations.push(`two deliveries of ${entry.id} computed different accounts`);
}
