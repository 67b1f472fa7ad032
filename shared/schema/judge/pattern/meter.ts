/** Work that may still be done. */
export interface Meter {
  left: number;
}
