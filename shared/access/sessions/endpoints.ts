import { z } from "zod";
import { AppError } from "../../errors.ts";
import type { Handlers } from "../../http/endpoint.ts";
import { queryOf, readParameters } from "../../http/parameters.ts";
import type { Principal } from "../../identity/principal.ts";
import type { ActorOf } from "../audit/actor-of.ts";
import { isMemberId } from "../documents/person.ts";
import { endSessionOf, listSessions, type SessionsDeps } from "./sessions.ts";

export const sessionsParameters = z.object({
  member_id: z
    .string()
    .refine((text) => text === "all" || isMemberId(text), "expected a `member_id` of `GET /api/v1/members`, or `all`")
    .optional(),
});

export function createSessionEndpoints(deps: SessionsDeps & { readonly actorOf: ActorOf }) {
  return {
    "list-sessions": async ({ request, principal }) => {
      const { member_id } = readParameters(sessionsParameters, queryOf(request));
      return { status: 200, body: { sessions: await listSessions(deps, principal, sessionsOf(principal, member_id)) } };
    },
    "end-session": async (call) => {
      await endSessionOf(deps, deps.actorOf(call), call.principal, call.request.params.session_id ?? "");
      return { status: 204 };
    },
  } satisfies Partial<Handlers>;
}

/** A member's own, unless one who manages members asks for another's (`member_id=all`: everybody's). */
function sessionsOf({ subject, scopes }: Principal, asked: string | undefined): string | undefined {
  const own = subject.slice("member:".length);
  if (asked === undefined || asked === own) return own;
  if (!scopes.includes("members:manage")) {
    throw new AppError("scope_missing", "other members' sessions need the scope `members:manage`", {
      members: { scope: "members:manage" },
    });
  }
  return asked === "all" ? undefined : asked;
}
