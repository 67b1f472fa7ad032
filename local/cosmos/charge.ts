const KB = 1024;
const toKb = (bytes: number): number => Math.max(1, Math.ceil(bytes / KB));
const round = (units: number): number => Math.round(units * 100) / 100;

/*
 * A stated model of request units, near enough to see which of two designs costs more. The service's own numbers differ.
 */

/** 1 RU for each KB. */
export function chargeRead(bytes: number): number {
  return toKb(bytes);
}

/** 5 RU for each KB, and a little for each indexed path. */
export function chargeWrite(bytes: number, indexedPaths: number): number {
  return round(toKb(bytes) * 5 + indexedPaths * 0.25);
}

/** 2 RU, 0.05 for each document that was read, 0.3 for each KB that was answered. */
export function chargeQuery(documentsRead: number, answeredBytes: number): number {
  return round(2 + documentsRead * 0.05 + (answeredBytes / KB) * 0.3);
}

/** What a request costs that reads or changes no document. */
export const METADATA_CHARGE = 1;
