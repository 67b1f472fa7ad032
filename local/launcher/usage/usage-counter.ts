import process from "node:process";

/** How often things happened, by name: `bulk events` → 12. Amounts, such as request units, add up likewise. */
export type Usage = Readonly<Record<string, number>>;

export interface UsageCounter {
  add(name: string, amount?: number): void;
  read(): Usage;
}

export function createUsageCounter(): UsageCounter {
  const counts: Record<string, number> = {};
  return {
    add: (name, amount = 1) => {
      counts[name] = (counts[name] ?? 0) + amount;
    },
    read: () => ({ ...counts }),
  };
}

/** A child's answer when its parent asks for the counts; `usage` is the question's number. */
export interface UsageMessage {
  readonly usage: number;
  readonly counts: Usage;
}

export function isUsageMessage(message: unknown): message is UsageMessage {
  return typeof message === "object" && message !== null && "usage" in message && "counts" in message;
}

/** Answers `{ usage: number }` of the parent process with the counts of this process's life so far. */
export function answerParent(counter: UsageCounter): void {
  process.on("message", (message: unknown) => {
    if (typeof message !== "object" || message === null || !("usage" in message) || !process.connected) return;
    process.send?.({ usage: Number(message.usage), counts: counter.read() } satisfies UsageMessage);
  });
}

/** The difference between two readings; only the counts that changed. */
export function usageBetween(before: Usage, after: Usage): Usage {
  const changes = Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)] as const);
  return Object.fromEntries(changes.filter(([, change]) => change !== 0));
}
