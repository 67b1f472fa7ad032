import type { Answer, Handlers } from "../../http/endpoint.ts";
import { readForm } from "../../http/read-json.ts";
import type { ActorOf } from "../audit/actor-of.ts";
import { type ExchangeDeps, exchangeApiKey } from "./exchange-api-key.ts";
import { type RevokeTokenDeps, revokeToken } from "./revoke-token.ts";
import type { PublicKeySet } from "./signing-keys.ts";

export interface TokenEndpointsDeps extends ExchangeDeps, RevokeTokenDeps {
  readonly publicKeySet: PublicKeySet;
  /** The greatest age in ms that secrets reach in an instance. */
  readonly secretCacheMs: number;
  readonly actorOf: ActorOf;
}

export function createTokenEndpoints(deps: TokenEndpointsDeps) {
  const readKeySet = createReadKeySet(deps);
  return {
    "issue-token": async ({ request }) => ({
      status: 200,
      body: await exchangeApiKey(deps, request.headers.get("authorization"), await readForm(request)),
      headers: { pragma: "no-cache" },
    }),
    "revoke-token": async (call) => {
      await revokeToken(deps, deps.actorOf(call), call.principal.orgId, call.request.params.token_id ?? "");
      return { status: 204 };
    },
    "read-key-set": readKeySet,
    "read-well-known-key-set": readKeySet,
  } satisfies Partial<Handlers>;
}

function createReadKeySet({ publicKeySet, secretCacheMs }: TokenEndpointsDeps): () => Promise<Answer> {
  // So a cache's copy of the key set is younger than a cache lifetime, as an instance's own is.
  const maxAgeSeconds = Math.floor(secretCacheMs / 4_000);
  return async () => ({
    status: 200,
    body: JSON.stringify(await publicKeySet()),
    headers: { "content-type": "application/json", "cache-control": `public, max-age=${maxAgeSeconds}` },
  });
}
