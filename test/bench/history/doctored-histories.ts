import type { SentEvent, Subject } from "../../../bench/history/step.ts";
import { counts, event, eventOf, pending, receiptOf, settled, type Teller } from "./tell-history.ts";

export const ORG = "a";
/** Of the histories: replicas lag by as much. */
export const LAG_MS = 1_000;

/** A history with one fault in it, and the sentence that tells it. */
export interface Doctored {
  readonly fault: string;
  readonly tell: (teller: Teller) => void;
  readonly as: RegExp;
}

const DAY = "2026-11-01";
const CELL = `t ${DAY}`;
const OTHER = `u ${DAY}`;
const e = (n: number, type = "t"): SentEvent => ({ id: `e${n}`, type, cell: `${type} ${DAY}` });
const invalid: SentEvent = { id: "", type: "", cell: undefined };
const metrics: Subject = { what: "metrics", org: ORG };
const ledger: Subject = { what: "ledger", org: ORG };
const r1 = receiptOf(ORG, "r1");
const [e1, e2] = [eventOf(ORG, "e1"), eventOf(ORG, "e2")];
const batch = [e(1), e(2, "u"), invalid];
const outcome = settled(3, [{ index: 2, result: "quarantined" }]);

function send(teller: Teller): void {
  teller.send([e(1), e(2, "u")]);
  teller.take("r1", batch);
}

/** Sent, taken and settled. */
function settle(teller: Teller): void {
  send(teller);
  teller.read(r1, outcome);
}

function readBoth(teller: Teller): void {
  teller.read(e1, event("t"));
  teller.read(e2, event("u"));
}

/** With everything that a reader may meet: lag, another instance, and readings that overlap what they read. */
export function tellTruth(teller: Teller): void {
  teller.read(metrics, counts("metrics", {}));
  const early = teller.ask(metrics);
  send(teller);
  teller.read(r1, pending(3));
  teller.read(e1, event(undefined));
  teller.read(e1, event("t"));
  const during = teller.ask(r1);
  teller.read(r1, outcome);
  teller.answer(during, pending(3));
  teller.read(metrics, counts("metrics", { [CELL]: 1, [OTHER]: 1 }));
  teller.answer(early, counts("metrics", {}));
  // Another instance may be behind for a while.
  teller.instance = 2;
  teller.read(metrics, counts("metrics", { [CELL]: 1 }));
  teller.read(r1, pending(3));
  teller.read(e1, event(undefined));
  teller.wait(LAG_MS);
  teller.send([e(3)]);
  // Its answer was lost, and it was sent again: the first try won.
  teller.take("r2", [e(3), e(1)]);
  teller.read(
    receiptOf(ORG, "r2"),
    settled(2, [
      { index: 0, result: "duplicate" },
      { index: 1, result: "duplicate" },
    ]),
  );
  teller.read(metrics, counts("metrics", { [CELL]: 2, [OTHER]: 1 }));
  teller.read(ledger, counts("ledger", { stored: 3, duplicate: 2, quarantined: 1 }));
  readBoth(teller);
  teller.read(eventOf(ORG, "e3"), event("t"));
  teller.read(r1, outcome);
}

export const doctored: readonly Doctored[] = [
  {
    fault: "an event that was answered with 202 is not there in the end",
    tell: (teller) => {
      settle(teller);
      teller.read(e1, event("t"));
    },
    as: /the event e2 was answered with 202 and is not there in the end/,
  },
  { fault: "a receipt never settles", tell: send, as: /the receipt r1 is not settled in the end/ },
  {
    fault: "a receipt that was answered with 202 is not known",
    tell: (teller) => {
      send(teller);
      teller.read(r1, { what: "receipt", receipt: undefined });
    },
    as: /r1 was answered with 202, and nobody knows it/,
  },
  {
    fault: "an event was read, and is gone",
    tell: (teller) => {
      send(teller);
      teller.read(e1, event("t"));
      teller.read(e1, event(undefined));
    },
    as: /e1 was read, or is settled as stored, and is gone/,
  },
  {
    fault: "an event is gone for a moment, and is there again",
    tell: (teller) => {
      settle(teller);
      readBoth(teller);
      teller.read(e2, event(undefined));
      readBoth(teller);
    },
    as: /e2 was read, or is settled as stored, and is gone/,
  },
  {
    fault: "another instance misses an event for longer than replicas lag",
    tell: (teller) => {
      send(teller);
      teller.read(e1, event("t"));
      teller.instance = 2;
      teller.wait(LAG_MS);
      teller.read(e1, event(undefined));
    },
    as: /e1 was read, or is settled as stored, and is gone/,
  },
  {
    fault: "an event is settled as stored, and was never there",
    tell: (teller) => {
      settle(teller);
      teller.wait(LAG_MS);
      teller.read(e1, event(undefined));
    },
    as: /e1 was read, or is settled as stored, and is gone/,
  },
  {
    fault: "another event stands under the id",
    tell: (teller) => {
      send(teller);
      teller.read(e1, event("u"));
    },
    as: /e1 is of the type u, sent was t/,
  },
  {
    fault: "a receipt goes back to pending",
    tell: (teller) => {
      settle(teller);
      teller.read(r1, pending(3));
    },
    as: /r1 was settled, and is pending/,
  },
  {
    fault: "a receipt is pending for a moment, and settled again",
    tell: (teller) => {
      settle(teller);
      readBoth(teller);
      teller.read(r1, pending(3));
      teller.read(r1, outcome);
    },
    as: /r1 was settled, and is pending/,
  },
  {
    fault: "another instance goes back to pending for longer than replicas lag",
    tell: (teller) => {
      settle(teller);
      teller.instance = 2;
      teller.wait(LAG_MS);
      teller.read(r1, pending(3));
    },
    as: /r1 was settled, and is pending/,
  },
  {
    fault: "a settled receipt changes its outcomes",
    tell: (teller) => {
      settle(teller);
      const others = [
        { index: 1, result: "duplicate" },
        { index: 2, result: "quarantined" },
      ] as const;
      teller.read(r1, settled(3, others));
    },
    as: /r1 settles as .*, and did as/,
  },
  {
    fault: "a settled receipt names another event, with the same counts",
    tell: (teller) => {
      settle(teller);
      teller.read(r1, settled(3, [{ index: 1, result: "quarantined" }]));
    },
    as: /r1 settles as .*, and did as/,
  },
  {
    fault: "a receipt does not account for all of its events",
    tell: (teller) => {
      send(teller);
      teller.read(r1, { what: "receipt", receipt: { accepted: 3, settled: { outcomes: [2, 0, 0], notStored: [] } } });
    },
    as: /r1 accounts for 2 of 3 events/,
  },
  {
    fault: "a receipt counts what it does not name",
    tell: (teller) => {
      send(teller);
      teller.read(r1, { what: "receipt", receipt: { accepted: 3, settled: { outcomes: [2, 0, 1], notStored: [] } } });
    },
    as: /r1 names other events than it counts/,
  },
  {
    fault: "a receipt says another number than the 202",
    tell: (teller) => {
      send(teller);
      teller.read(r1, pending(2));
    },
    as: /r1 says 2 accepted, the 202 said 3/,
  },
  {
    fault: "metrics miss what was settled before they were asked",
    tell: (teller) => {
      settle(teller);
      teller.read(metrics, counts("metrics", { [CELL]: 1 }));
    },
    as: /metrics count 0 of u 2026-11-01, though 1 were settled or read before/,
  },
  {
    fault: "metrics of another instance miss it for longer than replicas lag",
    tell: (teller) => {
      settle(teller);
      teller.instance = 2;
      teller.wait(LAG_MS);
      teller.read(metrics, counts("metrics", {}));
    },
    as: /metrics count 0 of t 2026-11-01, though 1 were settled or read before/,
  },
  {
    fault: "metrics count an event twice",
    tell: (teller) => {
      settle(teller);
      teller.read(metrics, counts("metrics", { [CELL]: 2, [OTHER]: 1 }));
    },
    as: /metrics count 2 of t 2026-11-01, and 1 were sent/,
  },
  {
    fault: "metrics count under another type, and the sum is right",
    tell: (teller) => {
      settle(teller);
      teller.read(metrics, counts("metrics", { [OTHER]: 2 }));
    },
    as: /metrics count 2 of u 2026-11-01, and 1 were sent/,
  },
  {
    fault: "metrics count on another day, and the sum is right",
    tell: (teller) => {
      settle(teller);
      teller.read(metrics, counts("metrics", { "t 2026-11-02": 1, [OTHER]: 1 }));
    },
    as: /metrics count 1 of t 2026-11-02, and 0 were sent/,
  },
  {
    fault: "metrics count what was sent after they were read",
    tell: (teller) => {
      teller.read(metrics, counts("metrics", { [CELL]: 1 }));
      settle(teller);
      readBoth(teller);
    },
    as: /metrics count 1 of t 2026-11-01, and 0 were sent/,
  },
  {
    fault: "metrics go back, between what is settled and what is sent",
    tell: (teller) => {
      send(teller);
      teller.read(metrics, counts("metrics", { [CELL]: 1, [OTHER]: 1 }));
      teller.read(metrics, counts("metrics", { [CELL]: 1 }));
    },
    as: /metrics count 0 of u 2026-11-01, though 1 were settled or read before/,
  },
  {
    fault: "the ledger misses what was quarantined",
    tell: (teller) => {
      settle(teller);
      teller.read(ledger, counts("ledger", { stored: 2, duplicate: 0, quarantined: 0 }));
    },
    as: /the ledger's totals count 0 of quarantined, though 1 were settled or read before/,
  },
  {
    fault: "the ledger counts more as stored than there is",
    tell: (teller) => {
      settle(teller);
      teller.read(ledger, counts("ledger", { stored: 3, duplicate: 0, quarantined: 1 }));
    },
    as: /the ledger's totals count 3 of stored, and 2 were sent/,
  },
];
