/** Some of what passes by, chosen by a hash of its key: at most so many, and each key with the same chance. */
export interface Sample<T> {
  /** Keeps it, unless the sample has become smaller than that. */
  offer(key: string, value: T): void;
  get(key: string): T | undefined;
  drop(key: string): void;
  values(): T[];
}

export function createSample<T>(most: number): Sample<T> {
  const kept = new Map<string, T>();
  let below = 2 ** 32;
  return {
    offer: (key, value) => {
      if (hashOf(key) >= below) return;
      kept.set(key, value);
      while (kept.size > most) {
        below /= 2;
        for (const one of kept.keys()) if (hashOf(one) >= below) kept.delete(one);
      }
    },
    get: (key) => kept.get(key),
    drop: (key) => void kept.delete(key),
    values: () => [...kept.values()],
  };
}

/** FNV-1a, and then mixed: keys that count up differ in their last characters alone. */
function hashOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x7feb352d);
  return (hash ^ (hash >>> 15)) >>> 0;
}
