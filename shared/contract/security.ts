import type { Route, RouteName } from "../http/routes.ts";
import { isOperatorScope, operatorScopes, orgScopes } from "../identity/roles.ts";
import type { Json } from "./json-schema.ts";

export const securitySchemes = {
  credential: {
    type: "http",
    scheme: "bearer",
    description: `An API key (\`hr_…\`; publishable: \`hrp_…\`), or an access token. Scopes: ${orgScopes.join(", ")}.`,
  },
  key: { type: "apiKey", in: "query", name: "key", description: "A publishable key, where no header can be sent." },
  writeKeyInQuery: {
    type: "apiKey",
    in: "query",
    name: "writeKey",
    description: "A publishable key, as RudderStack's SDK sends it when a page is left.",
  },
  writeKey: { type: "http", scheme: "basic", description: "An API key as the user; the password is not looked at." },
  operator: {
    type: "http",
    scheme: "bearer",
    description: `The operator's Microsoft Entra token; locally the operator's key. Scopes: ${operatorScopes.join(", ")}.`,
  },
  client: { type: "http", scheme: "basic", description: "The key id and the API key (RFC 6749, section 2.3.1)." },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "__Secure-headrace-refresh",
    description: "The browser's, from a sign-in. The request needs an `Origin` of ours.",
  },
} as const;

/** Which credentials a route takes, with the scope that they need. None: `[]`; `{}` in the list: it goes without. */
export function securityOf(name: RouteName, { access }: Route): readonly Json[] {
  if (name === "issue-token") return [{ client: [] }, {}];
  if (name === "ingest-events") return [{ credential: [access] }, { key: [access] }];
  if (name === "segment-call") return [{ writeKey: [access] }, { credential: [access] }];
  if (name === "rudder-beacon") return [{ writeKeyInQuery: [access] }, { credential: [access] }];
  if (name === "refresh-session") return [{ session: [] }];
  if (name === "sign-out") return [{ session: [] }, {}];
  if (access === "anyone") return [];
  return isOperatorScope(access) ? [{ operator: [access] }] : [{ credential: [access] }];
}
