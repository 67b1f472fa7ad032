import { createHmac, createSecretKey, timingSafeEqual } from "node:crypto";
import { localIdentity, localIssuer } from "../managed-identity/identity.ts";
import type { TokenProblem, VerifyToken } from "../managed-identity/verify-token.ts";
import { CosmosError } from "./errors.ts";
import type { CosmosRequest } from "./request.ts";
import { checkRoles, type RoleAssignment } from "./roles.ts";

/** Lets a request pass, or throws a {@link CosmosError} 401 or 403. */
export type Authenticate = (request: CosmosRequest) => Promise<void> | undefined;

export interface AuthenticationOptions {
  /** Base64; undefined when the account takes no keys (`disableLocalAuth`). */
  readonly key: string | undefined;
  /** Undefined when the account takes no tokens. */
  readonly verify: VerifyToken | undefined;
  /** What the identity was given; asked at each request. Undefined: it may do everything that no deployment does. */
  readonly roles: (() => readonly RoleAssignment[]) | undefined;
}

/** https://learn.microsoft.com/rest/api/cosmos-db/access-control-on-cosmosdb-resources */
export function createAuthentication({ key, verify, roles }: AuthenticationOptions): Authenticate {
  const checkSignature = key === undefined ? undefined : createSignatureCheck(key);
  return (request) => {
    const { type, sig } = readToken(request.headers.authorization);
    if (type === "aad" && verify) return checkToken(sig, request, verify, roles);
    if (type !== "master") throw unauthorized(`The authorization type '${type}' is not accepted.`);
    if (!checkSignature) {
      throw unauthorized("Local Authorization is disabled. Use an AAD token to authorize all requests.");
    }
    checkSignature(sig, request);
    return undefined;
  };
}

/** Signatures with the account's key. */
function createSignatureCheck(key: string): (sig: string, request: CosmosRequest) => void {
  const secret = createSecretKey(key, "base64");
  return (sig, { method, headers, route }) => {
    const date = headers["x-ms-date"] ?? headers.date ?? "";
    // The service compares links of offers in lower case.
    const link = route.resourceType === "offers" ? route.resourceLink.toLowerCase() : route.resourceLink;
    const text = `${method.toLowerCase()}\n${route.signedType.toLowerCase()}\n${link}\n${date.toLowerCase()}\n\n`;
    const expected = createHmac("sha256", secret).update(text).digest();
    const given = Buffer.from(sig, "base64");
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) {
      throw unauthorized(
        "The input authorization token can't serve the request. The wrong key is being used or the expected payload is " +
          `not built as per the protocol. Server used the following payload to sign: '${text}'`,
      );
    }
  };
}

/** Tokens for Azure Resource Manager: deployments have them, the app does not. */
export const MANAGEMENT_RESOURCE = "https://management.azure.com";

/** An account takes tokens for itself, for Cosmos DB as such, and here those of deployments. */
export function isCosmosAudience(audience: string, port: number): boolean {
  const own = [`https://127.0.0.1:${port}`, `https://localhost:${port}`];
  return [...own, "https://cosmos.azure.com", MANAGEMENT_RESOURCE].includes(audience);
}

const SUBSTATUS_CONTROL_PLANE = 5300;

/**
 * Tokens of Microsoft Entra. One for the account can only write documents, as far as its roles go. Databases and
 * containers belong to Resource Manager: in Azure through another endpoint, here through a token for it.
 */
async function checkToken(
  token: string,
  request: CosmosRequest,
  verify: VerifyToken,
  roles: AuthenticationOptions["roles"],
): Promise<void> {
  const verdict = await verify(token);
  if (!verdict.ok) throw unauthorized(reasons[verdict.problem](verdict.found, request.headers.host ?? ""));
  if (verdict.audience === MANAGEMENT_RESOURCE) return;
  refuseDeployment(request);
  if (roles) checkRoles(request, roles(), localIdentity);
}

function refuseDeployment({ method, headers, route }: CosmosRequest): void {
  const isQuery = headers["x-ms-documentdb-isquery"]?.toLowerCase() === "true";
  const isResource = route.resourceType === "dbs" || route.resourceType === "colls";
  if (!isResource || isQuery || method === "GET") return;
  throw new CosmosError(
    403,
    "Request blocked by Auth emulator : The given request cannot be authorized by AAD token in data plane. " +
      "Learn more: https://aka.ms/cosmos-native-rbac.",
    SUBSTATUS_CONTROL_PLANE,
  );
}

const dateOf = (seconds: string): string => new Date(Number(seconds) * 1000).toISOString();

const reasons: Readonly<Record<TokenProblem, (found: string, host: string) => string>> = {
  audience: (found, host) =>
    `Provided AAD token is intended for [${found}]. This database account accepts tokens intended for [https://${host}, https://cosmos.azure.com].`,
  expired: (found) => `Provided AAD token has been expired since [${dateOf(found)}]. Please refresh the AAD token.`,
  "not-yet-valid": (found) => `Provided AAD token is not valid before [${dateOf(found)}].`,
  issuer: (found) =>
    `Provided AAD token was issued by [${found}]. This database account accepts tokens of [${localIssuer}].`,
  signature: () => "Provided AAD token has an invalid signature.",
  malformed: (found) => `Provided AAD token is malformed: ${found}`,
};

function readToken(header: string | undefined): { readonly type: string; readonly sig: string } {
  if (!header) throw unauthorized("Required Header authorization is missing.");
  let token = header;
  try {
    token = decodeURIComponent(header);
  } catch {
    // Passed on as it is: the signature will not fit.
  }
  // Not URLSearchParams, which reads the '+' of base64 as a space.
  const fields = new Map(
    token.split("&").map((field) => [field.slice(0, field.indexOf("=")), field.slice(field.indexOf("=") + 1)]),
  );
  return { type: fields.get("type") ?? "", sig: fields.get("sig") ?? "" };
}

function unauthorized(message: string): CosmosError {
  return new CosmosError(401, message);
}
