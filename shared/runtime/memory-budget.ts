/** Work that need not wait behind large work, in bytes. */
const SMALL = 1024 * 1024;

/**
 * Lets work through while its bytes fit; work larger than the whole goes alone. Small work passes large work that waits
 * for room, but takes none of the room that this needs: so neither waits for ever.
 */
export interface MemoryBudget {
  /** Waits for room, and takes it. The caller gives it back, in a `finally`. */
  take(bytes: number): Promise<MemoryLease>;
}

export interface MemoryLease {
  /** The bytes that are held. */
  readonly bytes: number;
  /** Gives back the bytes that are held, and waits for room for this many instead. */
  exchange(bytes: number): Promise<void>;
  /** Once is enough; more often changes nothing. */
  giveBack(): void;
}

interface Waiting {
  readonly bytes: number;
  readonly go: () => void;
}

export function createMemoryBudget(maxBytes: number): MemoryBudget {
  const waiting: Waiting[] = [];
  let used = 0;
  /** Part of what is used. */
  let usedBySmall = 0;
  const grant = (index: number): void => {
    const [next] = waiting.splice(index, 1);
    if (!next) return;
    used += next.bytes;
    if (next.bytes <= SMALL) usedBySmall += next.bytes;
    next.go();
  };
  const letThrough = (): void => {
    for (let next = waiting[0]; next && (used === 0 || used + next.bytes <= maxBytes); next = waiting[0]) grant(0);
    const room = maxBytes - (waiting[0]?.bytes ?? 0);
    for (let i = 1; i < waiting.length; i++) {
      const { bytes = SMALL + 1 } = waiting[i] ?? {};
      if (bytes <= SMALL && usedBySmall + bytes <= room && used + bytes <= maxBytes) grant(i--);
    }
  };
  const waitFor = (bytes: number): Promise<void> =>
    new Promise((go) => {
      waiting.push({ bytes, go });
      letThrough();
    });
  return {
    take: async (bytes) => {
      await waitFor(bytes);
      let held = bytes;
      const giveBack = (): void => {
        used -= held;
        if (held <= SMALL) usedBySmall -= held;
        held = 0;
        letThrough();
      };
      return {
        get bytes() {
          return held;
        },
        exchange: async (next) => {
          giveBack();
          await waitFor(next);
          held = next;
        },
        giveBack,
      };
    },
  };
}
