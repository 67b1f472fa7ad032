import type { IncomingMessage, ServerResponse } from "node:http";
import type { Invoke } from "../invoke.ts";
import { readRequest } from "./read-request.ts";
import type { MatchedRoute } from "./route-table.ts";
import { writeEmpty, writeResponse } from "./write-response.ts";

/** Writes what a call of a function came to. */
export type WriteAnswer = (response: ServerResponse) => void;

/** Calls a function for a request. Resolves with undefined when the client went away before all was read. */
export type CallFunction = (
  matched: MatchedRoute,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<WriteAnswer | undefined>;

export interface CallOptions {
  /** Host and port, for requests without a `Host`. */
  readonly origin: () => string;
  readonly maxBodyBytes: number;
}

export function traceOf({ headers }: IncomingMessage): { traceParent?: string; traceState?: string } {
  const { traceparent, tracestate } = headers;
  return {
    ...(typeof traceparent === "string" && { traceParent: traceparent }),
    ...(typeof tracestate === "string" && { traceState: tracestate }),
  };
}

/** The worker's ordinary mode: the whole request goes over the RPC channel, and the whole answer comes back by it. */
export function createRpcCall(invoke: Invoke, { origin, maxBodyBytes }: CallOptions): CallFunction {
  return async ({ route, params }, request) => {
    const data = await readRequest(request, origin(), params, maxBodyBytes);
    if (!data) return undefined;
    try {
      const result = await invoke(route.fn, { input: { http: data }, ...traceOf(request) });
      return (response) => writeResponse(response, result);
    } catch {
      return (response) => writeEmpty(response, 500);
    }
  };
}
