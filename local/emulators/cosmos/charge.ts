const KB = 1024;
const toKb = (bytes: number): number => Math.max(1, Math.ceil(bytes / KB));
const round = (units: number): number => Math.round(units * 100) / 100;

/*
 * A stated model of request units, near enough to see which of two designs costs more. The service's own numbers
 * differ.
 */

/** 1 RU for each KB. */
export function chargeRead(bytes: number): number {
  return toKb(bytes);
}

/** 5 RU for each KB, and a quarter for each entry in an index: indexed paths and composites. */
export function chargeWrite(bytes: number, indexEntries: number): number {
  return round(toKb(bytes) * 5 + indexEntries * 0.25);
}

/**
 * 2 RU, 0.05 for each document that was read, 0.005 for each that was passed over in an index, 0.3 for each KB that was
 * answered.
 */
export function chargeQuery(documentsRead: number, passedOver: number, answeredBytes: number): number {
  return round(2 + documentsRead * 0.05 + passedOver * 0.005 + (answeredBytes / KB) * 0.3);
}

/** What a request costs that reads or changes no document. */
export const METADATA_CHARGE = 1;
