import { z } from "zod";
import { loginParameters } from "../access/sign-in/endpoints.ts";
import type { TokenAnswer } from "../access/tokens/exchange-api-key.ts";
import { roles } from "../identity/roles.ts";
import { type Operation, shapeOf } from "./operation.ts";

const page = { says: "A page", schema: z.string(), as: "text/html" } as const;
const onward = { says: "Leads on", headers: ["location"] } as const;
/** Whoever is signed in by a cookie must come from a page of ours. */
const fromOurPage = {
  headers: z.object({ Origin: z.string().describe("Of this site; a browser sets it") }),
  example: { Origin: "https://events.example.com" },
};
const setsCookies = { answerHeaders: ["set-cookie"] } as const;
const form = ["application/x-www-form-urlencoded"] as const;
const ofSignIn = [
  ...["sign_in_unavailable", "provider_unavailable", "store_unavailable", "secrets_unavailable"],
] as NonNullable<Operation["codes"]>;
const ofAnswers = [
  ...["sign_in_failed", "sign_in_expired", "sign_in_cancelled", "unknown_provider", "invitation_unknown"],
  ...["invitation_used", "no_membership", "not_a_member", "org_suspended", "identity_unavailable"],
] as NonNullable<Operation["codes"]>;

const token = shapeOf<TokenAnswer>()(
  z.object({
    access_token: z.string(),
    token_type: z.literal("Bearer"),
    expires_in: z.int().describe("Seconds"),
    scope: z.string().describe("The granted scopes, separated by spaces"),
  }),
);
const keySet = {
  says: "A JSON Web Key Set (RFC 7517)",
  schema: z.object({ keys: z.array(z.record(z.string(), z.unknown())) }),
  example: { keys: [] },
  as: "application/json",
} as const;
const issued = { access_token: "eyJ…", token_type: "Bearer", expires_in: 3_600 } as const;

export const signInOperations = {
  "begin-sign-in": {
    about: "people",
    ...setsCookies,
    query: loginParameters,
    replies: { 200: page, 303: onward },
    codes: ["unknown_provider", "invalid_return_to", "origin_refused", ...ofSignIn],
  },
  "complete-sign-in": {
    about: "people",
    ...setsCookies,
    example: { provider: "local" },
    replies: { 200: page, 303: onward },
    codes: ["origin_refused", ...ofAnswers, ...ofSignIn],
  },
  "choose-org": {
    about: "people",
    ...fromOurPage,
    ...setsCookies,
    body: { schema: z.object({ org_id: z.string() }), example: { org_id: "acme" }, types: form },
    replies: { 200: page, 303: onward },
    codes: ["origin_refused", ...ofAnswers, ...ofSignIn],
  },
  "show-join": { about: "people", replies: { 200: page } },
  "join-org": {
    about: "people",
    ...fromOurPage,
    ...setsCookies,
    body: { schema: z.object({ invitation: z.string() }), example: { invitation: "hri_x" }, types: form },
    replies: { 200: page },
    codes: ["origin_refused", "invitation_unknown", "invitation_used", ...ofSignIn],
  },
  "show-signed-in": { about: "people", replies: { 200: page } },
  "refresh-session": {
    about: "people",
    ...fromOurPage,
    ...setsCookies,
    replies: {
      200: {
        says: "An access token; the cookie is a new one",
        schema: token.extend({
          org_id: z.string(),
          role: z.enum(roles),
          member_id: z.string(),
          session_id: z.string(),
        }),
        example: { ...issued, scope: "events:read", org_id: "acme", role: "viewer", member_id: "m1", session_id: "s1" },
      },
    },
    codes: ["refresh_refused", "org_suspended", "origin_refused", "identity_unavailable", ...ofSignIn],
  },
  "sign-out": {
    about: "people",
    ...fromOurPage,
    ...setsCookies,
    replies: { 204: { says: "The session has ended" } },
    codes: ["origin_refused", ...ofSignIn],
  },
  "issue-token": {
    about: "access",
    body: {
      schema: z.object({
        grant_type: z.literal("client_credentials"),
        client_id: z.string().optional().describe("The key id"),
        client_secret: z.string().optional().describe("The API key, unless it comes by HTTP Basic"),
        scope: z.string().optional().describe("Some of the key's scopes, separated by spaces"),
      }),
      example: { grant_type: "client_credentials", scope: "events:write" },
      types: form,
    },
    replies: {
      200: {
        says: "An access token",
        schema: token,
        example: { ...issued, scope: "events:write" },
        headers: ["pragma"],
      },
    },
    codes: [
      ...(["invalid_client", "invalid_scope", "unsupported_grant_type", "org_suspended"] as const),
      ...(["identity_unavailable", "secrets_unavailable", "store_unavailable"] as const),
    ],
  },
  "revoke-token": {
    about: "access",
    example: { token_id: "01a2f3c4-0000-8000-8000-000000000000" },
    replies: { 204: { says: "The token ends" } },
    codes: ["token_not_found"],
  },
  "read-key-set": { about: "access", replies: { 200: keySet }, codes: ["secrets_unavailable"] },
  "read-well-known-key-set": { about: "access", replies: { 200: keySet }, codes: ["secrets_unavailable"] },
} as const satisfies Record<string, Operation>;
