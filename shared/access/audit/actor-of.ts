import type { Edge } from "../../http/edge.ts";
import type { PrincipalCall } from "../../http/endpoint.ts";
import type { Actor } from "../documents/audit-entry.ts";

/** Who the trail says it was. */
export type ActorOf = (call: PrincipalCall) => Actor;

export function createActorOf(edge: Pick<Edge, "clientAddressOf">): ActorOf {
  return ({ request, requestId, principal }) => ({
    subject: principal.subject,
    clientAddress: edge.clientAddressOf(request),
    requestId,
  });
}
