import { z } from "zod";
import type { Handlers } from "../../http/endpoint.ts";
import { announcesNoBody } from "../../http/read-body.ts";
import { readJson } from "../../http/read-json.ts";
import { keyScopes } from "../../identity/roles.ts";
import type { ActorOf } from "../audit/actor-of.ts";
import { displayName } from "../documents/display-name.ts";
import { createKey, type KeysDeps, listKeys, revokeKey, rotateKey } from "./keys.ts";

const DAY_SECONDS = 24 * 3600;

export const keyBody = z.strictObject({
  name: displayName(200).refine((text) => text !== "", "expected a name"),
  scopes: z
    .array(z.enum(keyScopes))
    .min(1, "expected at least one scope")
    .refine((scopes) => new Set(scopes).size === scopes.length, "expected each scope once"),
});

/** Long enough for any roll-out, and not for ever. */
export const rotateBody = z.strictObject({
  overlap_seconds: z
    .number()
    .int()
    .min(0)
    .max(90 * DAY_SECONDS)
    .default(7 * DAY_SECONDS),
});

export function createKeyEndpoints(deps: KeysDeps & { readonly actorOf: ActorOf }) {
  const { actorOf } = deps;
  return {
    "list-keys": async ({ principal: { orgId } }) => ({
      status: 200,
      body: { keys: await listKeys(deps, orgId) },
    }),
    "create-key": async (call) => {
      const wanted = await readJson(call.request, keyBody);
      return { status: 201, body: await createKey(deps, actorOf(call), call.principal, wanted) };
    },
    "revoke-key": async (call) => {
      await revokeKey(deps, actorOf(call), call.principal.orgId, call.request.params.key_id ?? "");
      return { status: 204 };
    },
    "rotate-key": async (call) => {
      const { request } = call;
      const { overlap_seconds } = announcesNoBody(request) ? rotateBody.parse({}) : await readJson(request, rotateBody);
      const keyId = request.params.key_id ?? "";
      return { status: 201, body: await rotateKey(deps, actorOf(call), call.principal, keyId, overlap_seconds) };
    },
  } satisfies Partial<Handlers>;
}
