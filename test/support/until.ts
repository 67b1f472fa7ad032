/** Polls until `ask` gives something; throws when it has not within `ms`. */
export async function until<T>(ask: () => Promise<T | undefined>, ms = 50_000): Promise<T> {
  const deadline = Date.now() + ms;
  for (;;) {
    const found = await ask();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`waited ${ms} ms in vain`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
