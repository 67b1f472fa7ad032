/** An edit as a call of an SDK can say it. */
export interface Edit {
  /** Its place in the file: each SDK makes its own kind of id of it. */
  readonly number: number;
  readonly type: string;
  readonly time: string;
  readonly user: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** A line of a file of Wikipedia edits. */
export function readEdit(line: string, number: number): Edit {
  const { time, namespace, user, ...properties } = JSON.parse(line) as Record<string, unknown>;
  return { number, type: String(namespace), time: String(time), user: String(user), properties };
}
