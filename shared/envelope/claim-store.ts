/** Blobs that hold what is too large for a message. Every method throws when the store does not answer. */
export interface ClaimStore {
  /** Writes or overwrites. */
  put(name: string, bytes: Buffer): Promise<void>;
  /** Undefined when there is no such blob. */
  get(name: string): Promise<Buffer | undefined>;
  /** Deleting a blob that is gone is not an error. */
  delete(name: string): Promise<void>;
  /** Throws unless the store can be reached. */
  check(signal: AbortSignal): Promise<void>;
}

/** The name of an envelope's blob. It depends on the envelope alone, so that writing it twice is writing it once. */
export function claimName(orgId: string, receiptId: string): string {
  return `envelopes/${orgId}/${receiptId}`;
}
