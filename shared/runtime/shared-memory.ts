import { reached } from "./reached.ts";

/** Work that need not wait behind large work, in bytes. */
const SMALL = 1024 * 1024;

export interface SharedMemoryOptions {
  /** In use at once, by all owners. Work that is larger goes alone. */
  readonly maxBytes: number;
  /** How long in ms work waits for its turn. */
  readonly waitMs: number;
}

/**
 * Memory that owners share by turns. The work of one owner goes in the order of asking. An owner that holds something
 * gets no more than half of the whole; one that holds nothing gets what it asks for when its turn comes. Small work
 * passes large work that waits for room, but takes none of the room that this needs: so neither waits for ever.
 */
export interface SharedMemory {
  /** Undefined when its turn has not come in time. The caller gives a share back, in a `finally`. */
  take(owner: string, bytes: number): Promise<MemoryShare | undefined>;
  /** The same for work that does not wait: undefined when there is nothing for it now. */
  takeNow(owner: string, bytes: number): MemoryShare | undefined;
}

export interface MemoryShare {
  /** The bytes that are held. */
  readonly bytes: number;
  /** Gives back all, and waits in line for this many bytes instead. False when its turn has not come in time. */
  exchange(bytes: number): Promise<boolean>;
  /** Gives back all but this many bytes. */
  shrink(bytes: number): void;
}

/** Work in line, and then with its bytes. */
interface Work {
  readonly owner: string;
  /** What it waits for, or what it holds. */
  bytes: number;
  readonly small: boolean;
  readonly go: () => void;
}

export function createSharedMemory(options: SharedMemoryOptions): SharedMemory {
  const { ask, giveUp, wait, shrink } = createQueue(options);
  const toShare = (first: Work): MemoryShare => {
    let work = first;
    return {
      get bytes() {
        return work.bytes;
      },
      exchange: async (bytes) => {
        shrink(work, 0);
        const next = await wait(work.owner, bytes);
        if (next) work = next;
        return next !== undefined;
      },
      shrink: (bytes) => shrink(work, bytes),
    };
  };
  return {
    take: async (owner, bytes) => {
      const work = await wait(owner, bytes);
      return work && toShare(work);
    },
    takeNow: (owner, bytes) => {
      let granted = false;
      const work = ask(owner, bytes, () => {
        granted = true;
      });
      if (granted) return toShare(work);
      giveUp(work);
      return undefined;
    },
  };
}

/** Lets work through whose turn it is, whenever something changes. */
function createQueue({ maxBytes, waitMs }: SharedMemoryOptions) {
  const account = createAccount(maxBytes);
  const lines = createLines();

  const letThrough = (): void => {
    for (let work = account.choose(lines.heads()); work; work = account.choose(lines.heads())) {
      lines.leave(work);
      lines.endTurn(work.owner);
      account.add(work, work.bytes);
      work.go();
    }
  };
  const giveUp = (work: Work): void => {
    lines.leave(work);
    letThrough();
  };
  const ask = (owner: string, bytes: number, go: () => void): Work => {
    const work = { owner, bytes, small: bytes <= SMALL, go };
    lines.join(work);
    letThrough();
    return work;
  };
  return {
    ask,
    giveUp,
    /** Undefined when its turn has not come in time. */
    wait: async (owner: string, bytes: number): Promise<Work | undefined> => {
      const { promise, resolve } = Promise.withResolvers<boolean>();
      const work = ask(owner, bytes, () => resolve(true));
      const timer = setTimeout(() => {
        reached("turn-for-memory-missed");
        giveUp(work);
        resolve(false);
      }, waitMs);
      const granted = await promise;
      clearTimeout(timer);
      return granted ? work : undefined;
    },
    shrink: (work: Work, bytes: number): void => {
      if (bytes >= work.bytes) return;
      account.add(work, bytes - work.bytes);
      work.bytes = bytes;
      letThrough();
    },
  };
}

/** What is held, and by whom. */
function createAccount(maxBytes: number) {
  const held = new Map<string, number>();
  let used = 0;
  /** Part of what is used. */
  let usedBySmall = 0;
  const mayHave = ({ owner, bytes }: Work): boolean => {
    const own = held.get(owner) ?? 0;
    return own === 0 || own + bytes <= maxBytes / 2;
  };
  /** @param first work that waits for room, and whose turn it is before this one's */
  const hasRoom = ({ bytes, small }: Work, first: Work | undefined): boolean => {
    if (used > 0 && used + bytes > maxBytes) return false;
    return first === undefined || (small && usedBySmall + bytes <= maxBytes - first.bytes);
  };
  return {
    add: ({ owner, small }: Work, bytes: number): void => {
      const own = (held.get(owner) ?? 0) + bytes;
      if (own > 0) held.set(owner, own);
      else held.delete(owner);
      used += bytes;
      if (small) usedBySmall += bytes;
    },
    /** The first that may go, of work in the order of turns. */
    choose: (works: Iterable<Work>): Work | undefined => {
      let first: Work | undefined;
      for (const work of works) {
        if (!mayHave(work)) continue;
        if (hasRoom(work, first)) return work;
        first ??= work;
      }
      return undefined;
    },
  };
}

/** Work in line, by owner, in the order of the owners' turns. */
function createLines() {
  const lines = new Map<string, Work[]>();
  return {
    join: (work: Work): void => {
      const line = lines.get(work.owner);
      if (line) line.push(work);
      else lines.set(work.owner, [work]);
    },
    leave: (work: Work): void => {
      const line = lines.get(work.owner) ?? [];
      const at = line.indexOf(work);
      if (at !== -1) line.splice(at, 1);
      if (line.length === 0) lines.delete(work.owner);
    },
    /** The owner's next turn comes after everybody else's. */
    endTurn: (owner: string): void => {
      const line = lines.get(owner);
      if (line && lines.delete(owner)) lines.set(owner, line);
    },
    *heads(): Generator<Work> {
      for (const [work] of lines.values()) if (work) yield work;
    },
  };
}
