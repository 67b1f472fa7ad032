import { AppError } from "../../errors.ts";
import { isOrgScope, type KeyScope } from "../../identity/roles.ts";
import { parseApiKey } from "../keys/api-key.ts";
import type { VerifyApiKey } from "../keys/verify-api-key.ts";
import type { RevocationWatch } from "../revocations/revocation-watch.ts";
import type { IssueAccessToken } from "./access-token.ts";

export interface ExchangeDeps {
  readonly verifyApiKey: VerifyApiKey;
  readonly issueAccessToken: IssueAccessToken;
  readonly revocations: RevocationWatch;
}

/** RFC 6749, section 5.1. */
export interface TokenAnswer {
  readonly access_token: string;
  readonly token_type: "Bearer";
  readonly expires_in: number;
  /** The granted scopes, separated by spaces. */
  readonly scope: string;
}

/**
 * An API key for an access token (RFC 6749, section 4.4): the key is the client's secret, its key id the client's id.
 * Throws AppError `invalid_request`, `unsupported_grant_type`, `invalid_client`, `invalid_scope`, `org_suspended`,
 * `identity_unavailable` or `secrets_unavailable`.
 */
export async function exchangeApiKey(
  deps: ExchangeDeps,
  authorization: string | null,
  form: URLSearchParams,
): Promise<TokenAnswer> {
  const parameters = readParameters(form);
  const { grant_type: grant, scope: asked } = parameters;
  if (!grant) throw new AppError("invalid_request", "the parameter `grant_type` is missing");
  if (grant !== "client_credentials")
    throw new AppError("unsupported_grant_type", "`grant_type` must be `client_credentials`");
  const { key, asOf } = await deps.verifyApiKey(readClientSecret(authorization, parameters)).catch(asInvalidClient);
  if (key.origins !== undefined)
    throw new AppError(
      "invalid_client",
      "a publishable key (`hrp_…`) is no secret: it sends as it is, without a token",
    );
  await deps.revocations.isCurrent();
  if (deps.revocations.isSuspended(key.orgId))
    throw new AppError("org_suspended", "the org is suspended", { reason: `key:${key.keyId} of ${key.orgId}` });
  const scopes = grantedScopes(asked, key.scopes);
  const { accessToken, expiresInSeconds } = await deps.issueAccessToken({
    orgId: key.orgId,
    subject: `key:${key.keyId}`,
    scopes,
    asOf,
    // A rotated key still works for a while beside its successor.
    ...(key.expiresAt === undefined ? undefined : { endsAt: Date.parse(key.expiresAt) }),
  });
  return { access_token: accessToken, token_type: "Bearer", expires_in: expiresInSeconds, scope: scopes.join(" ") };
}

const parameterNames = ["grant_type", "scope", "client_id", "client_secret"] as const;
type Parameters = Readonly<Partial<Record<(typeof parameterNames)[number], string>>>;

/**
 * RFC 6749, section 3.2: no parameter may stand twice, one without a value counts as absent, and unknown ones are
 * ignored.
 */
function readParameters(form: URLSearchParams): Parameters {
  const found = new Map<string, string>();
  for (const [name, value] of form) {
    if (found.has(name)) throw new AppError("invalid_request", `${nameOf(name)} stands twice`);
    found.set(name, value);
  }
  return Object.fromEntries(parameterNames.map((name) => [name, found.get(name) || undefined]));
}

/** Other things that a client sends are not repeated: they may hold a key in the wrong place. */
function nameOf(parameter: string): string {
  return parameterNames.some((name) => name === parameter) ? `the parameter \`${parameter}\`` : "a parameter";
}

/** By HTTP Basic or in the body, but not both (RFC 6749, section 2.3.1). */
function readClientSecret(authorization: string | null, { client_id, client_secret }: Parameters): string {
  if (authorization !== null && client_secret !== undefined)
    throw new AppError("invalid_request", "the API key is in the Authorization header and in the body: send it in one");
  const { id, secret } = authorization === null ? { id: undefined, secret: client_secret } : readBasic(authorization);
  if (!secret) throw new AppError("invalid_client", "there is no `client_secret`, which is the API key");
  const parsed = parseApiKey(secret);
  if (!parsed || [id, client_id].some((one) => one && one !== parsed.keyId))
    throw new AppError("invalid_client", "`client_secret` is not a whole API key, or `client_id` is not its key id");
  return secret;
}

function readBasic(authorization: string): { readonly id: string; readonly secret: string } {
  const [, encoded] = /^Basic +([A-Za-z0-9+/=]+) *$/i.exec(authorization) ?? [];
  const [id, secret, ...more] = Buffer.from(encoded ?? "", "base64")
    .toString()
    .split(":");
  if (id === undefined || secret === undefined || more.length > 0)
    throw new AppError("invalid_client", "the Authorization header is not `Basic` with the key id and the API key");
  try {
    return { id: decodeURIComponent(id.replaceAll("+", " ")), secret: decodeURIComponent(secret) };
  } catch {
    throw new AppError("invalid_client", "the parts of the Authorization header are not URL-encoded");
  }
}

function grantedScopes(asked: string | undefined, ofKey: readonly KeyScope[]): readonly KeyScope[] {
  if (asked === undefined) return ofKey;
  const wanted = asked.split(" ").filter((scope) => scope !== "");
  const missing = wanted.find((scope) => !isOrgScope(scope) || !ofKey.some((own) => own === scope));
  if (missing !== undefined || wanted.length === 0)
    throw new AppError(
      "invalid_scope",
      isOrgScope(missing)
        ? `the API key does not have the scope \`${missing}\``
        : "`scope` names what is no scope of an org: `docs/roles.md` lists them",
    );
  return ofKey.filter((scope) => wanted.includes(scope));
}

/** RFC 6749 has one word for every key that is not good. */
function asInvalidClient(error: unknown): never {
  if (!(error instanceof AppError) || error.status !== 401) throw error;
  throw new AppError("invalid_client", error.message, {
    reason: error.reason === undefined ? error.code : `${error.code}: ${error.reason}`,
  });
}
