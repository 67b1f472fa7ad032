import { createAccounts } from "./accounts.ts";
import { createSentEvents } from "./sent-events.ts";
import type { Instance, Judge, Step, Subject } from "./step.ts";
import { createTakenReceipts } from "./taken-receipts.ts";

/** Checks the history of a run while it is made. */
export interface Checker {
  /** The next step. Steps come in the order in which they happened. */
  take(step: Step): void;
  /** Settled receipts and sent events that may be read again, at most the size of the sample. */
  list(what: "receipt" | "event"): readonly { readonly org: string; readonly id: string }[];
  /** When everything was sent, settled and read once more. */
  finish(): HistoryReport;
}

export interface HistoryReport {
  /** Readings that were checked, by what they were of. */
  readonly readings: Readonly<Record<Subject["what"], number>>;
  /** A sentence each. */
  readonly violations: readonly string[];
}

export interface CheckerOptions {
  /** The most that a replica lags, in ms. */
  readonly lagMs: number;
  /** The most events, and the most settled receipts, that are remembered. */
  readonly sample: number;
}

/** Of a fault that shows in each reading, the first ones say enough. */
const MOST_VIOLATIONS = 1_000;

/**
 * What was answered with 202 is read in the end. What was read once is never gone. A receipt goes from pending to
 * settled, and never back or to another answer. Every reading of counts lies between what was settled before it began
 * and what was sent before it ended: a request without an answer may have been taken. Its memory is that of what is not
 * settled, a sample of the rest, and one number for each count.
 */
export function createChecker({ lagMs, sample }: CheckerOptions): Checker {
  const readings = { receipt: 0, event: 0, metrics: 0, ledger: 0 };
  const violations: string[] = [];
  const underWay = new Map<number, { readonly judge: Judge; readonly instance: Instance }>();
  const accounts = createAccounts(lagMs);
  const events = createSentEvents(sample, lagMs);
  const receipts = createTakenReceipts(sample, lagMs, (settling) => {
    accounts.settle(settling);
    events.settle(settling);
  });

  function begin({ what, org, id = "" }: Subject, at: number): Judge | undefined {
    if (what === "receipt") return receipts.begin(id, at);
    return what === "event" ? events.begin(org, id, at) : accounts.begin(what, org, at);
  }

  function read({ at, reading, instance, found }: Extract<Step, { is: "reads" }>): void {
    const asked = underWay.get(reading);
    underWay.delete(reading);
    if (!asked) return;
    readings[found.what]++;
    // It may have been answered by either where one took the other's place meanwhile.
    const wrong = asked.judge(found, at, asked.instance === instance ? instance : undefined);
    if (violations.length < MOST_VIOLATIONS) violations.push(...wrong);
  }

  const takes: { readonly [Is in Step["is"]]: (step: Extract<Step, { is: Is }>) => void } = {
    sends: ({ org, fresh }) => {
      accounts.send(org, fresh);
      events.send(org, fresh);
    },
    takes: ({ org, receipt, accepted, events: sent }) => {
      receipts.take({ org, id: receipt, accepted, events: sent });
      events.take(org, sent);
    },
    asks: ({ reading, instance, of, at }) => {
      const judge = begin(of, at);
      if (judge) underWay.set(reading, { judge, instance });
    },
    reads: read,
    fails: ({ reading }) => void underWay.delete(reading),
  };
  return {
    take: (step) => (takes[step.is] as (given: Step) => void)(step),
    list: (what) => (what === "receipt" ? receipts : events).list(),
    finish: () => ({ readings, violations: [...violations, ...receipts.finish(), ...events.finish()] }),
  };
}
