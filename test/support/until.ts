/** How many times as long as usual a test waits, since a machine may be busy. What is in order comes sooner. */
export const PATIENCE = 3;

/** Polls until `ask` gives something; throws when it has not within `PATIENCE` times `ms`. */
export async function until<T>(ask: () => Promise<T | undefined>, ms = 50_000): Promise<T> {
  const deadline = Date.now() + PATIENCE * ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${PATIENCE * ms} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
