import { clientAddressOf } from "../../http/client-address.ts";
import type { Call } from "../../http/endpoint.ts";
import type { Principal } from "../../identity/principal.ts";
import type { Actor } from "../documents/audit-entry.ts";

export type PrincipalCall = Call & { readonly principal: Principal };

/** Who the trail says it was. `header` is the one in which the platform says where a request comes from. */
export function actorOf({ request, requestId, principal }: PrincipalCall, header: string): Actor {
  return { subject: principal.subject, clientAddress: clientAddressOf(request, header), requestId };
}
