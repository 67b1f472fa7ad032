import { AppError } from "../errors.ts";

interface Versions {
  /** Versions that this release understands. */
  readonly reads: readonly number[];
  /** The version that this release writes. A release before it understood it already. */
  readonly writes: number;
}

/**
 * Every format that is sent, stored or handed out, with the versions that this release reads and the one that it
 * writes. A version stays in `reads` as long as anything of it can be about: test/fixtures/formats has each one.
 * docs/ARCHITECTURE.md says what becomes of a version that is not read.
 */
export const formats = {
  // Messages of the hub and the frames of work items and claim checks, their contents included.
  frame: { reads: [1, 2], writes: 2 },
  work_item: { reads: [1], writes: 1 },

  // What asks for a step of a job.
  job_message: { reads: [1], writes: 1 },

  // What clients hold.
  receipt: { reads: [1], writes: 1 },
  cursor: { reads: [1], writes: 1 },
  refresh_token: { reads: [1], writes: 1 },
  cookie: { reads: [1], writes: 1 },

  // Documents, by container. `v` says which; a document without one is of version 1.
  event: { reads: [1], writes: 1 },
  quarantined: { reads: [1], writes: 1 },
  entry: { reads: [1], writes: 1 },
  rollup: { reads: [1], writes: 1 },
  // Read from 0.6.0 on, and written from 0.7.0 on.
  delta: { reads: [1], writes: 1 },
  adjustment: { reads: [1], writes: 1 },
  head: { reads: [1], writes: 1 },
  part: { reads: [1], writes: 1 },
  job: { reads: [1], writes: 1 },
  job_place: { reads: [1], writes: 1 },
  org: { reads: [1], writes: 1 },
  org_state: { reads: [1], writes: 1 },
  org_schemas: { reads: [1], writes: 1 },
  schema_type: { reads: [1], writes: 1 },
  schema_version: { reads: [1], writes: 1 },
  schema_line: { reads: [1], writes: 1 },
  member: { reads: [1], writes: 1 },
  invitation: { reads: [1], writes: 1 },
  session: { reads: [1], writes: 1 },
  api_key: { reads: [1], writes: 1 },
  // Written by 0.6.0 alone; the last are forgotten 90 days after it has stopped.
  ended_key: { reads: [1], writes: 1 },
  audit: { reads: [1], writes: 1 },
  person: { reads: [1], writes: 1 },
  "cut-off": { reads: [1], writes: 1 },
  suspension: { reads: [1], writes: 1 },
  timer: { reads: [1], writes: 1 },
  "newer-format": { reads: [1], writes: 1 },
  "version-use": { reads: [1], writes: 1 },

  // Versions of secrets in Key Vault, whose tag `v` says which; one without is of version 1.
  secret: { reads: [1], writes: 1 },
} as const satisfies Readonly<Record<string, Versions>>;

export type Format = keyof typeof formats;

/** What a stored document has of its format. */
export interface Formatted {
  readonly v?: number;
}

export function isRead(format: Format, version: number): boolean {
  const { reads }: Versions = formats[format];
  return reads.includes(version);
}

/** Whether only a later release can have written it. */
export function isNewer(format: Format, version: number): boolean {
  return version > Math.max(...formats[format].reads);
}

/** Infinity for a `v` that is no number: whatever it means, no release up to this one wrote it. */
export function versionOf({ v = 1 }: { readonly v?: unknown }): number {
  return typeof v === "number" ? v : Number.POSITIVE_INFINITY;
}

export function isReadable(format: Format, document: { readonly v?: unknown }): boolean {
  return isRead(format, versionOf(document));
}

/** The document as this release writes it. */
export function stamp<T extends object>(format: Format, document: T): T & Formatted {
  return { ...document, v: formats[format].writes };
}

/** The store has answered, and this release, or any, cannot read what it has. */
export class UnreadableError extends AppError {
  constructor(detail: string, reason: string) {
    super("store_unavailable", detail, { reason, retryAfter: 10 });
  }
}

/** The document, if this release can read it. Throws AppError `store_unavailable` for one of a newer release. */
export function readable<T extends object>(format: Format, document: T): T {
  if (isReadable(format, document)) return document;
  throw newerThanThis(format, versionOf(document));
}

/** Guessing at it could lose something, or count it wrongly: the caller waits for an instance of the newer release. */
export function newerThanThis(format: Format, version: number): AppError {
  const detail = "this was written by a newer release, which this instance cannot read";
  return new UnreadableError(detail, `${format} of version ${version}`);
}
