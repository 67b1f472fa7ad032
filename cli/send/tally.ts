import type { Problem } from "../call-api.ts";

/** The counts of one org, or of all of them. */
export interface Counts {
  /** Events in requests that were answered or given up. */
  sent: number;
  /** Events that a 202 acknowledged. */
  accepted: number;
  /** Of those, the ones that the 202 already called duplicates or invalid. */
  duplicateAtOnce: number;
  quarantinedAtOnce: number;
  /** Events in requests that failed for good. */
  failed: number;
  /** From settled receipts. */
  stored: number;
  duplicate: number;
  quarantined: number;
  /** Accepted events whose receipt has not settled. */
  pending: number;
}

export interface ReceiptRef {
  readonly org: string;
  readonly receiptId: string;
  readonly accepted: number;
}

/** A request, or a line, that failed. */
export interface Failure {
  readonly where: string;
  readonly events: number;
  readonly problem: Problem;
}

export interface Tally {
  readonly byOrg: Map<string, Counts>;
  readonly receipts: ReceiptRef[];
  readonly failures: Failure[];
  of(org: string): Counts;
  total(): Counts;
}

const countNames = [
  "sent",
  "accepted",
  "duplicateAtOnce",
  "quarantinedAtOnce",
  "failed",
  "stored",
  "duplicate",
  "quarantined",
  "pending",
] as const satisfies readonly (keyof Counts)[];

export function createTally(): Tally {
  const byOrg = new Map<string, Counts>();
  const of = (org: string): Counts => {
    const counts = byOrg.get(org) ?? zeroCounts();
    byOrg.set(org, counts);
    return counts;
  };
  const total = (): Counts => {
    const sum = zeroCounts();
    for (const counts of byOrg.values()) for (const name of countNames) sum[name] += counts[name];
    return sum;
  };
  return { byOrg, receipts: [], failures: [], of, total };
}

function zeroCounts(): Counts {
  const counts: Partial<Counts> = {};
  for (const name of countNames) counts[name] = 0;
  return counts as Counts;
}
