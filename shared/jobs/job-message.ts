import { formats, isRead } from "../store/formats.ts";

/**
 * One queue message: `j1:<attempt>:<step>:<org id>:<job id>`, which asks for one step of a job. It is text and not
 * JSON, as a work item is. It only asks: what is to be done stands in the job, so that a message may come twice, late,
 * or out of nothing. `j<version>:<attempt>:` begins every version.
 */
export interface JobMessage {
  /** How often this step was tried before without an end. */
  readonly attempt: number;
  readonly step: number;
  readonly orgId: string;
  readonly jobId: string;
}

const PREFIX = /^j(\d{1,3}):(\d{1,6}):/;
const REST = /^(\d{1,15}):([^:]+):([0-9a-f-]{36})$/;
const MOST_ATTEMPTS = 999_999;

export function encodeJobMessage({ attempt, step, orgId, jobId }: JobMessage): string {
  return `${prefixOf(formats.job_message.writes, attempt)}${step}:${orgId}:${jobId}`;
}

function prefixOf(version: number, attempt: number): string {
  return `j${version}:${Math.min(attempt, MOST_ATTEMPTS)}:`;
}

/** Throws a RangeError for a text that is no such message. */
export function decodeJobMessage(text: string): JobMessage {
  const prefix = PREFIX.exec(text);
  const rest = prefix && REST.exec(text.slice(prefix[0].length));
  if (!rest || !isRead("job_message", Number(prefix[1]))) throw new RangeError("not a message of a job");
  const [, step, orgId = "", jobId = ""] = rest;
  return { attempt: Number(prefix[2]), step: Number(step), orgId, jobId };
}

export interface NewerJobMessage {
  readonly version: number;
  readonly attempt: number;
  /** The text with one attempt more. */
  readonly again: string;
}

/** A message that only a newer release can read; undefined for any other text. */
export function readNewerJobMessage(text: string): NewerJobMessage | undefined {
  const match = PREFIX.exec(text);
  const [version, attempt] = [Number(match?.[1]), Number(match?.[2])];
  if (!match || isRead("job_message", version)) return undefined;
  return { version, attempt, again: prefixOf(version, attempt + 1) + text.slice(match[0].length) };
}
