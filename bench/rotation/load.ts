import { createRequests, type Kind, type Requests } from "./requests.ts";

export interface LoadOptions {
  /** Instances that requests go to in turn. */
  readonly baseUrls: readonly string[];
  readonly apiKey: string;
  /** Requests a second, begun whether or not earlier ones are answered. */
  readonly rate: number;
}

export interface LoadReport {
  readonly requests: number;
  readonly byKind: Readonly<Record<string, number>>;
  /** The first of the answers that were not as they should be. */
  readonly failures: readonly string[];
  readonly failed: number;
  /** The request that took longest of those sent in each phase of the run. */
  readonly slowest: Readonly<Record<string, SlowestRequest>>;
  readonly requestsPerSecond: number;
}

export interface SlowestRequest {
  readonly kind: string;
  readonly ms: number;
  /** When it was sent, in seconds since the load began. */
  readonly atSeconds: number;
}

export interface Load extends Pick<Requests, "livingKeyIds" | "seenKeyIds" | "receiptKeys"> {
  /** The phase from now on, for the report. */
  enter(phase: string): void;
  stop(): Promise<LoadReport>;
}

const TICK_MS = 10;

/** Sends requests of all kinds that need a key, at a steady rate. */
export async function startLoad({ baseUrls, apiKey, rate }: LoadOptions): Promise<Load> {
  const requests = createRequests(baseUrls, apiKey);
  const tally = createTally();
  const underWay = new Set<Promise<void>>();

  const send = async (kind: Kind): Promise<void> => {
    const end = tally.begin(kind);
    await requests.send(kind).then(() => end(), end);
  };
  await send("a token for the API key");
  await send("events by token");
  tally.start();
  const begun = performance.now();
  const timer = setInterval(() => {
    const due = ((performance.now() - begun) / 1000) * rate;
    while (tally.sent() < due) {
      const one = send(requests.pickKind()).finally(() => underWay.delete(one));
      underWay.add(one);
    }
  }, TICK_MS);

  return {
    ...requests,
    enter: tally.enter,
    stop: async () => {
      clearInterval(timer);
      const seconds = (performance.now() - begun) / 1000;
      await Promise.all(underWay);
      return tally.report(seconds);
    },
  };
}

interface Tally {
  enter(phase: string): void;
  /** Times are counted from now on. */
  start(): void;
  sent(): number;
  /** Counts a request that is sent now. Gives a function to call when it has ended, with the fault if there was one. */
  begin(kind: Kind): (error?: unknown) => void;
  report(seconds: number): LoadReport;
}

function createTally(): Tally {
  const byKind: Record<string, number> = {};
  const failures: string[] = [];
  const slowest: Record<string, SlowestRequest> = {};
  let phase = "before anything is rotated";
  let begun = performance.now();
  let failed = 0;
  let sent = 0;

  const fail = (kind: Kind, error: unknown): void => {
    failed++;
    if (failures.length < 20) failures.push(`${new Date().toISOString()} ${kind}: ${describeError(error)}`);
  };

  return {
    enter: (next) => {
      phase = next;
    },
    start: () => {
      begun = performance.now();
    },
    sent: () => sent,
    begin: (kind) => {
      const started = performance.now();
      const during = phase;
      sent++;
      byKind[kind] = (byKind[kind] ?? 0) + 1;
      return (error) => {
        if (error !== undefined) fail(kind, error);
        const ms = Math.round(performance.now() - started);
        if (ms <= (slowest[during]?.ms ?? 0)) return;
        slowest[during] = { kind, ms, atSeconds: Math.round((started - begun) / 100) / 10 };
      };
    },
    report: (seconds) => {
      return { requests: sent, byKind, failures, failed, slowest, requestsPerSecond: Math.round(sent / seconds) };
    },
  };
}

function describeError(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : "";
  return `${String(error)}${cause}`;
}
