import { bearer, json, type RequestStep } from "../step.ts";

export const ingestPath = "/api/v1/events";

/** Sends a body of events with the key of the recorded org. */
export function post(name: string, body: RequestStep["body"], more: Partial<RequestStep> = {}): RequestStep {
  const { headers, ...rest } = more;
  const sent = body === undefined ? {} : { body };
  return { name, method: "POST", path: ingestPath, headers: { ...bearer("key"), ...headers }, ...sent, ...rest };
}

/** A batch as JSON. */
export function makeEvents(count: number, event: (index: number) => object): string {
  return json(Array.from({ length: count }, (_, index) => event(index)));
}
