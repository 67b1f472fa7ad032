import type { HttpRequest } from "@azure/functions";
import { AppError } from "../errors.ts";
import { clientAddressOf } from "./client-address.ts";

export interface EdgeOptions {
  /** The profile's id (`Profile.frontDoorId`); undefined where no Front Door is in front. */
  readonly frontDoorId: string | undefined;
  /** The header in which another platform says where a request comes from. */
  readonly clientAddressHeader: string;
}

/** What stands before the function app, and what of a request may be believed for that. */
export interface Edge {
  /** Throws AppError `not_through_front_door` unless the request came through it, where there is one. */
  check(request: HttpRequest): void;
  /** The origin that the client asked, such as `https://app.example.com`. */
  originOf(request: HttpRequest): string;
  /** The client's address, for the audit trail; `unknown` when it cannot be told. */
  clientAddressOf(request: HttpRequest): string;
}

/**
 * Front Door sets `X-Azure-FDID` to its profile's id, `X-Azure-SocketIP` to the address that it was asked from, and
 * `X-Forwarded-Host` to the host that it was asked for; a client cannot set these through it, and anyone can beside it.
 * https://learn.microsoft.com/azure/frontdoor/front-door-http-headers-protocol
 */
export function createEdge({ frontDoorId, clientAddressHeader }: EdgeOptions): Edge {
  if (frontDoorId === undefined) {
    return {
      check: () => undefined,
      originOf: (request) => new URL(request.url).origin,
      clientAddressOf: (request) => clientAddressOf(request, clientAddressHeader),
    };
  }
  const cameThrough = (request: HttpRequest): boolean =>
    request.headers.get("x-azure-fdid")?.toLowerCase() === frontDoorId.toLowerCase();
  return {
    check: (request) => {
      if (cameThrough(request)) return;
      throw new AppError("not_through_front_door", "the request did not come through this deployment's Front Door", {
        reason: request.headers.has("x-azure-fdid") ? "X-Azure-FDID is another profile's" : "there is no X-Azure-FDID",
      });
    },
    originOf: (request) => (cameThrough(request) && forwardedOrigin(request)) || new URL(request.url).origin,
    clientAddressOf: (request) => (cameThrough(request) ? clientAddressOf(request, "x-azure-socketip") : "unknown"),
  };
}

/** Front Door answers HTTPS only, and overwrites what a client sends in this header. */
function forwardedOrigin(request: HttpRequest): string | undefined {
  const host = request.headers.get("x-forwarded-host") ?? "";
  return /^[a-z0-9.-]+(:\d+)?$/i.test(host) ? `https://${host.toLowerCase()}` : undefined;
}
