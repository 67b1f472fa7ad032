/** The app or its configuration cannot be run; the message says what to change. */
export class HostError extends Error {
  override readonly name = "HostError";
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
