import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import { createClient } from "../../sdk/src/index.ts";
import type { Client, ClientOptions, Deliveries, Diagnostic } from "../../sdk/src/types.ts";
import type { Json } from "../support/connect-product.ts";

export interface Sent {
  readonly events: readonly (Json & { readonly event_id: string; readonly event_type: string })[];
  readonly sent_at: string;
  readonly context: Json;
}

/** A body as the API reads it: it is gzip where its bytes say so. */
export function readSent(body: Buffer): Sent {
  return JSON.parse((body[0] === 0x1f ? gunzipSync(body) : body).toString()) as Sent;
}

/** What the API answers when it takes all of a body. */
export function take(body: Buffer, more: Json = {}): Json {
  return {
    receipt_id: "r",
    accepted: readSent(body).events.length,
    duplicate: 0,
    quarantined: 0,
    results: [],
    ...more,
  };
}

/** What was told, in its order: the kind of each with what it says. */
export type Told = readonly [kind: keyof Deliveries | "warning" | "request", what: Json];

/** A client whose every word is kept. It ends with the test. */
export function openClient(options: Partial<ClientOptions> & { readonly endpoint: string }): {
  readonly client: Client;
  readonly told: Told[];
  tell(kind: Told[0]): Json[];
} {
  const told: Told[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const client = createClient({
    ...(!options.getToken && { key: "hr_acme_stub" }),
    flushIntervalMs: 20,
    maxPauseMs: 20,
    signal: end.signal,
    onDiagnostic: ({ kind, ...what }: Diagnostic) => void told.push([kind, what]),
    ...options,
  });
  for (const kind of ["accepted", "quarantined", "dropped", "retry", "blocked"] as const)
    client.on(kind, (what) => void told.push([kind, { ...what }]));
  return { client, told, tell: (kind) => told.filter(([one]) => one === kind).map(([, what]) => what) };
}
