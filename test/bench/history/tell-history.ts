import type { Found, Instance, NotStored, SentEvent, Step, Subject } from "../../../bench/history/step.ts";

/** Writes a history down, step by step. Each step takes 10 ms. */
export interface Teller {
  readonly steps: readonly Step[];
  /** The instance that answers from now on. */
  instance: Instance;
  wait(ms: number): void;
  send(fresh: readonly SentEvent[]): void;
  take(receipt: string, events: readonly SentEvent[]): void;
  ask(of: Subject): number;
  answer(reading: number, found: Found): void;
  /** Asks, and is answered at once. */
  read(of: Subject, found: Found): void;
}

export function createTeller(org: string): Teller {
  const steps: Step[] = [];
  let at = 0;
  let readings = 0;
  const tick = (): number => {
    at += 10;
    return at;
  };
  const teller: Teller = {
    steps,
    instance: 1,
    wait: (ms) => {
      at += ms;
    },
    send: (fresh) => void steps.push({ at: tick(), is: "sends", org, fresh }),
    take: (receipt, events) =>
      void steps.push({ at: tick(), is: "takes", org, receipt, accepted: events.length, events }),
    ask: (of) => {
      steps.push({ at: tick(), is: "asks", reading: ++readings, instance: teller.instance, of });
      return readings;
    },
    answer: (reading, found) => void steps.push({ at: tick(), is: "reads", reading, instance: teller.instance, found }),
    read: (of, found) => teller.answer(teller.ask(of), found),
  };
  return teller;
}

export const receiptOf = (org: string, id: string): Subject => ({ what: "receipt", org, id });
export const eventOf = (org: string, id: string): Subject => ({ what: "event", org, id });

export const pending = (accepted: number): Found => ({ what: "receipt", receipt: { accepted } });

/** A receipt whose events are stored but for these. */
export function settled(accepted: number, notStored: readonly NotStored[] = []): Found {
  const count = (result: NotStored["result"]): number => notStored.filter((one) => one.result === result).length;
  const [duplicate, quarantined] = [count("duplicate"), count("quarantined")];
  const outcomes = [accepted - duplicate - quarantined, duplicate, quarantined] as const;
  return { what: "receipt", receipt: { accepted, settled: { outcomes, notStored } } };
}

export const event = (type: string | undefined): Found => ({ what: "event", type });

export const counts = (what: "metrics" | "ledger", of: Readonly<Record<string, number>>): Found => ({
  what,
  counts: new Map(Object.entries(of)),
});
