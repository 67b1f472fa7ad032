const KB = 1_024;

/** RU of a write by KB, before its index: "Understand request units consumption" (learn.microsoft.com, 2026-04). */
const writes: readonly (readonly [kb: number, ru: number])[] = [
  [1, 4.95],
  [2, 6.29],
  [4, 6.67],
  [8, 7.04],
  [16, 9.52],
  [32, 11.2],
  [64, 22.7],
  [256, 98.3],
];

/** What lies between two rows is taken as on a line. A document smaller than the first costs as much. */
export function chargeOfWrite(bytes: number): number {
  const kb = bytes / KB;
  const next = writes.findIndex(([size]) => size >= kb);
  const [toKb, toRu] = writes.at(next) ?? [0, 0];
  if (next === 0) return toRu;
  const [fromKb, fromRu] = writes.at(next === -1 ? -2 : next - 1) ?? [0, 0];
  return fromRu + ((kb - fromKb) / (toKb - fromKb)) * (toRu - fromRu);
}
