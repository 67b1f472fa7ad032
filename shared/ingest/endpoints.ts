import type { HttpRequest } from "@azure/functions";
import type { Edge } from "../http/edge.ts";
import type { Answer, Call, CredentialOf, Handlers, PrincipalCall } from "../http/endpoint.ts";
import { readBody } from "../http/read-body.ts";
import { once } from "../runtime/once.ts";
import { otlp } from "./dialects/otlp/otlp.ts";
import { posthogPage } from "./dialects/posthog/page.ts";
import { posthogV0, posthogV1 } from "./dialects/posthog/posthog.ts";
import { answerNoFlags, answerPageConfig, answerPageConfigScript } from "./dialects/posthog/start.ts";
import { rudderBeacon } from "./dialects/rudder/beacon.ts";
import { answerConfig } from "./dialects/rudder/config.ts";
import { segment } from "./dialects/segment/segment.ts";
import { answerSettings } from "./dialects/segment/settings.ts";
import { type ReceiveDeps, receiveBatch } from "./receive-batch.ts";
import { v1 } from "./v1.ts";
import type { WayIn } from "./way-in.ts";

/** The endpoints that take events in. */
export function createIngestEndpoints(deps: ReceiveDeps, edge: Edge) {
  // An instance's first request begins this while it is authenticated; an instance that takes no events never does. A
  // request that needs a part which could not be loaded asks again, and says so.
  const open = once(() => Promise.allSettled([deps.stream.open(), deps.keyRings.current()]));
  const prepare = (): void => void open();
  return {
    "ingest-events": { prepare, ...createWayIn(deps, v1) },
    "posthog-batch": { prepare, ...createWayIn(deps, posthogV0) },
    "posthog-events": { prepare, ...createWayIn(deps, posthogV1) },
    "posthog-page": { prepare, ...createWayIn(deps, posthogPage) },
    "posthog-page-e": { prepare, ...createWayIn(deps, posthogPage) },
    "posthog-config": async () => answerPageConfig(),
    "posthog-config-script": async (call: Call) => answerPageConfigScript(call),
    "posthog-flags": async () => answerNoFlags(),
    "segment-call": { prepare, ...createWayIn(deps, segment) },
    "rudder-beacon": { prepare, ...createWayIn(deps, rudderBeacon) },
    "otlp-logs": { prepare, ...createWayIn(deps, otlp) },
    "segment-settings": async (call: Call) => answerSettings(call, edge),
    "rudder-config": async () => answerConfig(),
  } satisfies Partial<Handlers>;
}

/** A way in as an endpoint: authenticated by what `credentialOf` finds, and answered as it answers. */
export function createWayIn(
  deps: ReceiveDeps,
  way: WayIn,
): { readonly credentialOf: CredentialOf; readonly handle: (call: PrincipalCall) => Promise<Answer> } {
  // Of ways whose credential stands in the body: any other request is read once, and needs no memory of it.
  const read = new WeakMap<HttpRequest, Promise<Buffer>>();
  const readSent = (request: HttpRequest): Promise<Buffer> => readBody(request, deps.limits.bodyBytes);
  const readEarly = (request: HttpRequest): Promise<Buffer> => {
    const body = read.get(request) ?? readSent(request);
    read.set(request, body);
    return body;
  };
  return {
    credentialOf: (request) => way.credentialOf(request, () => readEarly(request)),
    handle: async ({ request, principal }) => {
      const body = (): Promise<Buffer> => read.get(request) ?? readSent(request);
      return way.answer(await receiveBatch(deps, way, request, principal, body), request);
    },
  };
}
