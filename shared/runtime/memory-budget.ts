/** Lets work through while its bytes fit; work larger than the whole goes alone. */
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

export function createMemoryBudget(maxBytes: number): MemoryBudget {
  const waiting: { bytes: number; go: () => void }[] = [];
  let used = 0;
  const letThrough = (): void => {
    for (let next = waiting[0]; next && (used === 0 || used + next.bytes <= maxBytes); next = waiting[0]) {
      waiting.shift();
      used += next.bytes;
      next.go();
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
