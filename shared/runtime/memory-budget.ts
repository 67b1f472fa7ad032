/** Lets work through while its bytes fit; anything larger than the whole goes alone. */
export interface MemoryBudget {
  use<T>(bytes: number, work: () => Promise<T>): Promise<T>;
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
  return {
    use: async (bytes, work) => {
      await new Promise<void>((go) => {
        waiting.push({ bytes, go });
        letThrough();
      });
      try {
        return await work();
      } finally {
        used -= bytes;
        letThrough();
      }
    },
  };
}
