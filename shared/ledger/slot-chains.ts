import type { AccountSum } from "./account-sum.ts";
import type { OpenRead, SumListed, SumRead } from "./ledger-store.ts";

/**
 * What belongs together in a slot: the rollups with the open entries, or the head and its parts with the deltas. One
 * document of a chain changes, its last rollup or its head. The others are sealed, and belong to every later state.
 */
interface Chain {
  readonly slot: string;
  /** The one that changes, as it was listed. */
  live?: SumListed;
  /** Sealed ones as they were listed, and not read yet: ETags by id. */
  readonly listed: Map<string, string>;
  /** Ids of the sealed ones that were read. */
  readonly seen: Set<string>;
  open?: AccountSum;
  /** `live` was still the same when it was read: nothing was taken up in between. */
  held: boolean;
  changed: boolean;
}

/** One look at the chains of a scope: the list, what is open, the sums. */
export interface Pass {
  list(row: SumListed): void;
  addOpen(row: OpenRead): void;
  addSum(row: SumRead): void;
  /** Adds what is open in chains that held. */
  end(): Ended;
}

export interface Ended {
  /** Slots with a chain that did not hold. */
  readonly changed: readonly string[];
  /**
   * Slots with a chain that held, and of which not every sealed document was seen: it is outside of the range, or it is
   * gone.
   */
  readonly doubted: readonly string[];
}

/** What was added to a sum from the chains of an org's slots, over several passes. */
export interface Chains {
  /** Begins a pass: over all slots, or over one, of which all is seen. */
  begin(slot?: string): Pass;
}

/** What was added already is not there any more: a repair has replaced it. All must be read again. */
export class RepairedError extends Error {}

interface State {
  readonly sum: AccountSum;
  readonly emptySum: () => AccountSum;
  /** Chains that are in the sum whole. */
  readonly done: Set<string>;
  /** ETags of the sealed documents that are in the sum. */
  readonly added: Map<string, string>;
}

export function createChains(sum: AccountSum, emptySum: () => AccountSum): Chains {
  const state: State = { sum, emptySum, done: new Set(), added: new Map() };
  return { begin: (slot) => createPass(state, slot) };
}

function createPass(state: State, slot: string | undefined): Pass {
  const { sum, emptySum, done } = state;
  const chains = new Map<string, Chain>();
  /** Undefined for one that is done. */
  const chainOf = (row: SumListed | OpenRead): Chain | undefined => {
    const key = keyOf(row);
    if (done.has(key)) return undefined;
    const chain = chains.get(key) ?? {
      slot: row.slot,
      listed: new Map(),
      seen: new Set(),
      held: false,
      changed: false,
    };
    chains.set(key, chain);
    return chain;
  };
  return {
    list: (row) => {
      const chain = chainOf(row);
      if (chain) list(chain, row);
    },
    addOpen: (row) => {
      const chain = chainOf(row);
      if (!chain) return;
      chain.open ??= emptySum();
      chain.open.add(row);
    },
    addSum: (row) => {
      const chain = chainOf(row);
      if (chain && isLive(row)) addLive(chain, row, sum);
      else if (chain) addSealed(chain, row, state);
    },
    end: () => {
      const [changed, doubted] = [new Set<string>(), new Set<string>()];
      for (const [key, chain] of chains) {
        if (slot !== undefined) refuseGone(state, key, chain);
        if (!isWhole(chain)) {
          changed.add(chain.slot);
          continue;
        }
        if (!isSeenWhole(chain, key)) doubted.add(chain.slot);
        if (chain.open) sum.addSum(chain.open);
        done.add(key);
      }
      return { changed: [...changed], doubted: [...doubted] };
    },
  };
}

const ROLLUPS = "rollups";

function keyOf({ slot, kind }: SumListed | OpenRead): string {
  return `${slot} ${kind === "rollup" || kind === "entry" ? ROLLUPS : "deltas"}`;
}

export function isLive({ kind, sealed }: SumListed): boolean {
  return kind === "head" || (kind === "rollup" && sealed !== true);
}

export function numberOf({ id }: SumListed): number {
  return Number(id.slice(id.indexOf(".") + 1));
}

/** How many sealed documents belong to the state of which `live` is the last one. */
export function sealedBefore(live: SumListed): number {
  return live.kind === "head" ? (live.n ?? 0) : numberOf(live);
}

function isBefore(live: SumListed, row: SumListed): boolean {
  return numberOf(row) < sealedBefore(live);
}

/** A list has pages, and is not one state: the chain may have gone on between two of them. */
function list(chain: Chain, row: SumListed): void {
  if (!isLive(row)) chain.listed.set(row.id, row._etag);
  else if (chain.live) chain.changed = true;
  else chain.live = row;
}

function addLive(chain: Chain, row: SumRead, sum: AccountSum): void {
  if (chain.changed || chain.live?._etag !== row._etag) {
    chain.changed = true;
    return;
  }
  chain.held = true;
  sum.add(row);
}

/** One that came meanwhile is left: it is later than a `live` that held, and shows that an unseen one did not. */
function addSealed(chain: Chain, row: SumRead, { sum, added }: State): void {
  const isListed = chain.listed.get(row.id) === row._etag;
  chain.listed.delete(row.id);
  chain.seen.add(row.id);
  if (chain.live ? !isBefore(chain.live, row) : !isListed) {
    chain.changed = true;
    return;
  }
  const key = `${row.slot} ${row.id}`;
  const before = added.get(key);
  if (before === row._etag) return;
  if (before !== undefined) throw new RepairedError();
  sum.add(row);
  added.set(key, row._etag);
}

function isWhole({ live, listed, held, changed }: Chain): boolean {
  if (listed.size > 0) throw new RepairedError();
  return live ? held : !changed;
}

/** Where a part is in the range, its head is too, but for one that an earlier release wrote. */
function isSeenWhole({ live, seen }: Chain, key: string): boolean {
  if (live) return seen.size >= sealedBefore(live);
  return seen.size === 0 || key.endsWith(ROLLUPS);
}

/** In a slot of which all is seen, what was added before must be there. */
function refuseGone({ added }: State, key: string, { slot, seen }: Chain): void {
  for (const id of added.keys()) {
    const [of, name = ""] = id.split(" ");
    if (of === slot && key === keyOfSealed(slot, name) && !seen.has(name)) throw new RepairedError();
  }
}

function keyOfSealed(slot: string, id: string): string {
  return keyOf({ slot, id, kind: id.startsWith("part.") ? "part" : "rollup", _etag: "" });
}
