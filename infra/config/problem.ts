/** What is wrong with one key of the configuration, and what to write instead. */
export interface Problem {
  readonly key: string;
  readonly message: string;
}
