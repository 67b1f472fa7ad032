import type { ForeignAnswer, HttpGate } from "@headrace/emulators/functions-host/http/gate.ts";
import type { FaultSource } from "./fault-source.ts";

const page = (status: number, title: string): ForeignAnswer => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h2>${title}</h2></body></html>`,
});

/** What the front end or the host says before the function runs. None of it has our `code`, nor a `Retry-After`. */
const refusals = {
  "request-timeout": { status: 408 },
  "too-many-requests": page(429, "Too Many Requests"),
  "bad-gateway": page(502, "Bad Gateway"),
  starting: { status: 503 },
} satisfies Readonly<Record<string, ForeignAnswer>>;

/** What they say when the function has run, perhaps to its end. */
const losses = {
  "worker-died": { status: 500 },
  "gateway-timeout": page(504, "Gateway Timeout"),
} satisfies Readonly<Record<string, ForeignAnswer>>;

/** Answers that are not the app's. */
export function createHostGate(source: FaultSource): HttpGate {
  return {
    enter: () => {
      const drawn = source.draw("request-timeout", "too-many-requests", "bad-gateway", "starting");
      return drawn && refusals[drawn];
    },
    leave: () => {
      const drawn = source.draw("worker-died", "gateway-timeout");
      return drawn && losses[drawn];
    },
  };
}
