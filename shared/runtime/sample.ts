/** A few of many, each as likely as any other, in any order. */
export interface Sample<T> {
  add(one: T): void;
  take(): T[];
}

/** Algorithm R (Vitter, "Random Sampling with a Reservoir", 1985), and a shuffle of what it has. */
export function createSample<T>(size: number, random: () => number = Math.random): Sample<T> {
  const kept: T[] = [];
  let seen = 0;
  const below = (bound: number): number => Math.floor(random() * bound);
  return {
    add: (one) => {
      seen++;
      const at = kept.length < size ? kept.length : below(seen);
      if (at < size) kept[at] = one;
    },
    take: () => {
      for (let i = kept.length - 1; i > 0; i--) {
        const j = below(i + 1);
        const [a, b] = [kept[i], kept[j]];
        if (a !== undefined && b !== undefined) [kept[i], kept[j]] = [b, a];
      }
      return kept;
    },
  };
}
