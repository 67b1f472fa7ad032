import { z } from "zod";
import type { Handlers } from "../../http/endpoint.ts";
import { announcesNoBody } from "../../http/read-body.ts";
import { readJson } from "../../http/read-json.ts";
import { keyScopes } from "../../identity/roles.ts";
import type { ActorOf } from "../audit/actor-of.ts";
import { displayName } from "../documents/display-name.ts";
import { checkOrigins } from "./key-origins.ts";
import { createKey, type KeysDeps, listKeys, revokeKey, rotateKey } from "./keys.ts";

const MOST_ORIGINS = 20;
const DAY_SECONDS = 24 * 3600;

export const keyBody = z
  .strictObject({
    name: displayName(200).refine((text) => text !== "", "expected a name"),
    scopes: z
      .array(z.enum(keyScopes))
      .min(1, "expected at least one scope")
      .refine((scopes) => new Set(scopes).size === scopes.length, "expected each scope once"),
    origins: z
      .array(z.string())
      .min(1, "expected at least one origin")
      .max(MOST_ORIGINS, `expected at most ${MOST_ORIGINS} origins`)
      .refine((origins) => new Set(origins).size === origins.length, "expected each origin once")
      .optional()
      .describe("Makes a publishable key (`hrp_…`) for pages of these origins: it sends, and does nothing else"),
  })
  .refine(({ scopes, origins }) => origins === undefined || (scopes.length === 1 && scopes[0] === "events:write"), {
    path: ["scopes"],
    message: "a key with origins is made to be seen, so that it has `events:write` and no other scope",
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
      const { origins, ...wanted } = await readJson(call.request, keyBody);
      if (origins) await checkOrigins(origins);
      return {
        status: 201,
        body: await createKey(deps, actorOf(call), call.principal, { ...wanted, ...(origins && { origins }) }),
      };
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
