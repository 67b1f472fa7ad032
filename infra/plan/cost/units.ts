/** As Microsoft counts months: 730 hours. */
export const HOURS = 730;
export const MONTH_SECONDS = HOURS * 3_600;
export const GB = 1e9;

/** What happens so often in a second, in a month. */
export function monthly(perSecond: number): number {
  return perSecond * MONTH_SECONDS;
}
