/** What an org's registry holds at most, in counts and bytes of JSON in UTF-8. docs/api.md tells them. */
export const registryBounds = {
  types: 500,
  versions: 100,
  /** What ingest knows of an org: the schemas that judge, and the names and versions of all types. */
  bytes: 1024 * 1024,
  examples: 20,
  exampleBytes: 64 * 1024,
} as const;

/** A registration as it is sent. */
export const BODY_BYTES = 256 * 1024;

export function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value));
}
