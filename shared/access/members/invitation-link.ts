import type { HttpRequest } from "@azure/functions";
import type { Origins } from "../../http/origins.ts";

/**
 * Where an invitation is opened. The token is behind the `#`: browsers do not send that part, so it is in no log. Null
 * where our origin is not configured.
 */
export function invitationLink(origins: Origins, request: HttpRequest, token: string): string | null {
  const origin = origins.find(request);
  return origin === undefined ? null : `${origin}/api/v1/auth/join#${token}`;
}
