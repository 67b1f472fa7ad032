/** What a program says while it runs. */
export interface Log {
  readonly severity: "info" | "warning" | "error";
  readonly message: string;
  readonly urn?: string;
}
