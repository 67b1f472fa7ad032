import type { HttpRequest } from "@azure/functions";
import type { Origins } from "../../http/origins.ts";

/**
 * Where an invitation is opened. The token is behind the `#`: browsers send that to nobody, so that it is in no log.
 * Null where nobody has said what our origin is.
 */
export function invitationLink(origins: Origins, request: HttpRequest, token: string): string | null {
  const origin = origins.find(request);
  return origin === undefined ? null : `${origin}/api/v1/auth/join#${token}`;
}
