import type { HttpRequest } from "@azure/functions";
import type { CredentialOf, Handle, Handlers } from "../http/endpoint.ts";
import { readBody } from "../http/read-body.ts";
import { once } from "../runtime/once.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";
import { v1 } from "./v1.ts";
import type { ReadSent, WayIn } from "./way-in.ts";

/** The endpoints that take events in. */
export function createIngestEndpoints(deps: ReceiveDeps) {
  // An instance's first request begins this while it is authenticated; an instance that takes no events never does. A
  // request that needs a part which could not be loaded asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  return {
    "ingest-events": { prepare: () => void open(), ...createWayIn(deps, v1) },
  } satisfies Partial<Handlers>;
}

/** A way in as an endpoint: authenticated by what `credentialOf` finds, and answered as it answers. */
export function createWayIn(
  deps: ReceiveDeps,
  way: WayIn,
): { readonly credentialOf: CredentialOf; readonly handle: Handle<"ingest-events"> } {
  const readers = new WeakMap<HttpRequest, ReadSent>();
  const readSentOf = (request: HttpRequest): ReadSent => {
    const readSent = readers.get(request) ?? once(() => readBody(request, deps.limits.bodyBytes));
    readers.set(request, readSent);
    return readSent;
  };
  return {
    credentialOf: (request) => way.credentialOf(request, readSentOf(request)),
    handle: async ({ request, principal }) =>
      way.answer(await receiveBatch(deps, way, request, principal, readSentOf(request))),
  };
}
