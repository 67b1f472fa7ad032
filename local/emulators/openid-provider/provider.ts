import { generateKeyPairSync, randomBytes } from "node:crypto";
import Provider, { type Configuration, interactionPolicy } from "oidc-provider";
import { type LocalPerson, people } from "./people.ts";

/** The one application whose people sign in here. */
export interface OpenidClient {
  readonly id: string;
  readonly secret: string;
  /** Where it takes the answer, on 127.0.0.1 or localhost; the port is any (RFC 8252, section 7.3). */
  readonly redirectPath: string;
}

const HOUR_SECONDS = 3_600;

/** Asks for the person at each sign-in, so that one browser can be several people one after the other. */
function createPolicy(): interactionPolicy.DefaultPolicy {
  const policy = interactionPolicy.base();
  const always = new interactionPolicy.Check("always_asks", "who signs in is asked each time", ({ oidc }) =>
    oidc.result && "login" in oidc.result
      ? interactionPolicy.Check.NO_NEED_TO_PROMPT
      : interactionPolicy.Check.REQUEST_PROMPT,
  );
  policy.get("login")?.checks.add(always);
  // Nobody is asked for consent: there is one client, and it is their own.
  policy.get("consent")?.checks.remove("native_client_prompt");
  return policy;
}

/** An OpenID provider with three people and one client. It keeps nothing: a restart forgets sign-ins under way. */
export function createProvider(issuer: string, client: OpenidClient): Provider {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const find = (id: string): LocalPerson | undefined => people.find((person) => person.id === id);
  const configuration: Configuration = {
    clients: [
      {
        client_id: client.id,
        client_secret: client.secret,
        application_type: "native",
        redirect_uris: ["127.0.0.1", "localhost"].map((host) => `http://${host}${client.redirectPath}`),
        token_endpoint_auth_method: "client_secret_post",
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: "jwk" }), alg: "RS256", use: "sig" }] },
    ttl: { Interaction: HOUR_SECONDS, Session: HOUR_SECONDS, Grant: HOUR_SECONDS },
    cookies: { keys: [randomBytes(32).toString("base64url")] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], profile: ["name"] },
    // Names come in the ID token, as those of Google and Entra do.
    conformIdTokenClaims: false,
    features: { devInteractions: { enabled: false } },
    interactions: { policy: createPolicy(), url: (_ctx, { uid }) => `/interaction/${uid}` },
    findAccount: (_ctx, id) => {
      const person = find(id);
      return person && { accountId: id, claims: () => ({ sub: id, name: person.name }) };
    },
    loadExistingGrant: async ({ oidc }) => {
      const grant = new oidc.provider.Grant({
        clientId: oidc.client?.clientId ?? "",
        accountId: oidc.session?.accountId ?? "",
      });
      grant.addOIDCScope("openid profile");
      await grant.save();
      return grant;
    },
  };
  return new Provider(issuer, configuration);
}
