/*
 * Request units. What writes and point reads cost are Microsoft's own figures, illustrative as they are:
 * https://learn.microsoft.com/azure/cosmos-db/understand-request-unit-consumption (April 2026). What queries cost is
 * documented nowhere: there it is a model of ours, near enough to see which of two queries costs more.
 */

const KB = 1024;
const round = (units: number): number => Math.round(units * 100) / 100;

/** By size in KB: what a point read costs, and a write before its index terms. */
const BY_SIZE: readonly { readonly kb: number; readonly read: number; readonly write: number }[] = [
  { kb: 1, read: 1, write: 4.95 },
  { kb: 2, read: 1.04, write: 6.29 },
  { kb: 4, read: 1.14, write: 6.67 },
  { kb: 8, read: 1.33, write: 7.04 },
  { kb: 16, read: 1.67, write: 9.52 },
  { kb: 32, read: 2.19, write: 11.23 },
  { kb: 64, read: 4.76, write: 22.67 },
  { kb: 128, read: 9.95, write: 48.19 },
  { kb: 256, read: 20.28, write: 98.29 },
  { kb: 512, read: 40.95, write: 184.57 },
  { kb: 1024, read: 145.9, write: 625 },
  { kb: 2048, read: 291.8, write: 1250 },
];
/** An index term that is added, or taken away. */
const TERM = 0.2;
/** A property that a patch names. */
const PATCHED = 0.4;

/** The smallest size's below it, and on a line between two sizes: the page has no figures there. */
function interpolate(bytes: number, what: "read" | "write"): number {
  const kb = bytes / KB;
  const next = BY_SIZE.findIndex((row) => kb <= row.kb);
  const above = BY_SIZE.at(next);
  const below = BY_SIZE[next - 1];
  if (!above || !below) return (next === 0 ? BY_SIZE[0] : BY_SIZE.at(-1))?.[what] ?? 0;
  return below[what] + ((above[what] - below[what]) * (kb - below.kb)) / (above.kb - below.kb);
}

export function chargeRead(bytes: number): number {
  return round(interpolate(bytes, "read"));
}

/** The write, and each term that the document has in the container's indexes. */
export function chargeCreate(bytes: number, terms: number): number {
  return round(interpolate(bytes, "write") + terms * TERM);
}

export interface Replacement {
  readonly bytesBefore: number;
  readonly bytes: number;
  /** Terms that go and terms that come. */
  readonly changedTerms: number;
  /** Properties that a patch names. */
  readonly patched: number;
}

/** The end of the document as it was, the write of the new one, and what changes in indexes. */
export function chargeReplace({ bytesBefore, bytes, changedTerms, patched }: Replacement): number {
  const written = interpolate(bytesBefore, "write") + interpolate(bytes, "write");
  return round(written + changedTerms * TERM + patched * PATCHED);
}

/** As much as its creation. */
export function chargeDelete(bytes: number, terms: number): number {
  return chargeCreate(bytes, terms);
}

/**
 * 2 RU, 0.05 for each document that was read, 0.005 for each that was passed over in an index, 0.3 for each KB that was
 * answered.
 */
export function chargeQuery(documentsRead: number, passedOver: number, answeredBytes: number): number {
  return round(2 + documentsRead * 0.05 + passedOver * 0.005 + (answeredBytes / KB) * 0.3);
}

/** What a query plan costs is not documented either; it is taken as free. */
export const PLAN_CHARGE = 0;

/** What a request costs that reads or changes no document. */
export const METADATA_CHARGE = 1;
