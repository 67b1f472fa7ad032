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
  return {
    take: async (bytes) => {
      await new Promise<void>((go) => {
        waiting.push({ bytes, go });
        letThrough();
      });
      let held = bytes;
      return {
        get bytes() {
          return held;
        },
        giveBack: () => {
          used -= held;
          if (held <= SMALL) usedBySmall -= held;
          held = 0;
          letThrough();
        },
      };
    },
  };
}
