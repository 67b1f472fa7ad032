/** A request, read whole. */
export interface KeyVaultRequest {
  readonly method: string;
  /** With query, as sent. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

export interface KeyVaultResponse {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Where faults are injected: every request passes it twice. `dropped` closes the connection without an answer. */
export interface Gate {
  /** Before anything is done; an answer given here is the answer, and nothing is done. */
  enter?(request: KeyVaultRequest): Promise<KeyVaultResponse | "dropped" | undefined>;
  /** After everything is committed. */
  leave?(request: KeyVaultRequest, response: KeyVaultResponse): Promise<KeyVaultResponse | "dropped">;
}
