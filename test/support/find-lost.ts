/** The leaves of what was sent that cannot be found in what became of it, by their values; a number may be a text. */
export function findLost(sent: unknown, made: unknown): unknown[] {
  const texts: string[] = [];
  for (const leaf of leavesOf(made)) texts.push(String(leaf));
  const has = (leaf: unknown): boolean =>
    texts.some((text) => text === String(leaf) || text.endsWith(`:${String(leaf)}`));
  return [...leavesOf(sent)].filter((leaf) => leaf !== "" && leaf !== null && !has(leaf));
}

function* leavesOf(value: unknown): Generator<unknown> {
  if (typeof value !== "object" || value === null) {
    if (value !== undefined) yield value;
    return;
  }
  for (const inner of Object.values(value)) yield* leavesOf(inner);
}
