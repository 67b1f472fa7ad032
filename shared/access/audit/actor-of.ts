import { clientAddressOf } from "../../http/client-address.ts";
import type { PrincipalCall } from "../../http/endpoint.ts";
import type { Actor } from "../documents/audit-entry.ts";

/** Who the trail says it was. */
export type ActorOf = (call: PrincipalCall) => Actor;

/** `header` is the one in which the platform says where a request comes from. */
export function createActorOf(header: string): ActorOf {
  return ({ request, requestId, principal }) => ({
    subject: principal.subject,
    clientAddress: clientAddressOf(request, header),
    requestId,
  });
}
