import { createRandom } from "../../local/launcher/faults/random.ts";
import type { MemoryLedgerStore } from "../support/memory-ledger-store.ts";
import type { MemoryEventStore } from "../support/memory-stores.ts";
import { ALL, type At, NOW } from "../support/versions.ts";
import type { Process } from "./scheduler.ts";

export type Container = "ledger" | "events";

/** The stores as the replicas have them, and what each instance has seen of them: its session tokens. */
export interface Replicas {
  /** What the instance of a process has seen of a container, by range. */
  seenBy(process: Process, container: Container): At;
  /** Where a read is served that must not be behind what was seen. */
  serve(container: Container, seen: At): At;
  /** The instance of a process has had an answer from these ranges. */
  note(process: Process, container: Container, at: At, ranges?: readonly number[]): void;
  /** The instance of a process forgets what it has seen. */
  forget(process: Process): void;
  /** So long a time passes that all replicas have everything. */
  catchUp(): void;
  /** What any instance had seen is worth nothing: the store was set back. */
  beginAnew(): void;
}

interface Stores {
  readonly ledger: Pick<MemoryLedgerStore, "last">;
  readonly events: Pick<MemoryEventStore, "last">;
}

type Tokens = Record<Container, number[]>;

/** Few, so that processes share one, and so that they do not. */
const INSTANCES = 2;
/** Another sequence than the one that decides what happens next: with or without lag, a seed begins the same. */
const OTHER = 0x5eed;

const unseen = (): Tokens => ({ ledger: NOW.map(() => 0), events: NOW.map(() => 0) });

/** Replicas lag as long as it is not calm. */
export function createReplicas(stores: Stores, seed: number, isCalm: () => boolean): Replicas {
  const random = createRandom(seed ^ OTHER);
  const lagging = random.pick([0, 0.3, 0.8]);
  const instances = Array.from({ length: INSTANCES }, unseen);
  const chosen = new Map<Process, Tokens>();
  let everywhere = unseen();

  const tokensOf = (process: Process): Tokens => {
    const known = chosen.get(process) ?? random.pick(instances);
    chosen.set(process, known);
    return known;
  };
  const serveRange = (container: Container, from: number): number => {
    const last = stores[container].last();
    return isCalm() || !random.chance(lagging) ? last : from + random.below(last - from + 1);
  };
  const present = (): Tokens => ({
    ledger: NOW.map(() => stores.ledger.last()),
    events: NOW.map(() => stores.events.last()),
  });
  return {
    seenBy: (process, container) => [...tokensOf(process)[container]],
    serve: (container, seen) =>
      seen.map((number, range) => serveRange(container, Math.max(number, everywhere[container][range] ?? 0))),
    note: (process, container, at, ranges = ALL) => {
      const tokens = tokensOf(process)[container];
      for (const range of ranges) tokens[range] = Math.max(tokens[range] ?? 0, at[range] ?? 0);
    },
    forget: (process) => {
      for (const numbers of Object.values(tokensOf(process))) numbers.fill(0);
    },
    catchUp: () => {
      everywhere = present();
    },
    beginAnew: () => {
      everywhere = present();
      for (const tokens of instances) Object.assign(tokens, present());
    },
  };
}
