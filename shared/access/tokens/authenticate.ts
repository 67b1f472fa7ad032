import { AppError } from "../../errors.ts";
import { type Authenticate, hasScope, type Principal } from "../../identity/principal.ts";
import { isOperatorScope, type Scope } from "../../identity/roles.ts";
import { reached } from "../../runtime/reached.ts";
import { includesOrigin } from "../keys/key-origins.ts";
import type { VerifyApiKey } from "../keys/verify-api-key.ts";
import type { RevocationWatch } from "../revocations/revocation-watch.ts";
import { TokenRejection } from "./read-claims.ts";
import type { VerifyAccessToken } from "./verify-access-token.ts";
import type { VerifyOperator } from "./verify-operator.ts";

export interface AuthenticateDeps {
  readonly verifyApiKey: VerifyApiKey;
  readonly verifyAccessToken: VerifyAccessToken;
  readonly verifyOperator: VerifyOperator;
  readonly revocations: RevocationWatch;
}

/**
 * What a token may still do on an instance that cannot read revocations: send. Sending alone needs no store, and must
 * not wait for one. A revoked sender can at worst add events to its own org until its token expires.
 */
const WITHOUT_REVOCATIONS: readonly Scope[] = ["events:write"];

export function createAuthenticate(deps: AuthenticateDeps): Authenticate {
  const { verifyApiKey, verifyAccessToken, verifyOperator, revocations } = deps;

  const ofToken = async (token: string, needed: Scope, current: boolean): Promise<Principal> => {
    const verified = await verifyAccessToken(token);
    const cutOff = revocations.findCutOff(verified);
    if (cutOff !== undefined) throw new TokenRejection(`it was revoked: ${cutOff}`);
    if (!current && !WITHOUT_REVOCATIONS.includes(needed)) {
      reached("revocations-not-read");
      throw new AppError("identity_unavailable", "revocations cannot be read", { retryAfter: 5 });
    }
    return verified.principal;
  };

  const ofKey = async (text: string): Promise<Principal> => {
    const { key } = await verifyApiKey(text);
    const { orgId, keyId: tokenId, scopes, origins } = key;
    return { orgId, subject: `key:${tokenId}`, scopes, tokenId, ...(origins && { origins }) };
  };

  return async (authorization, needed, origin = null) => {
    const credential = readBearer(authorization);
    const operator = isOperatorScope(needed) ? await verifyOperator(credential).catch(refuseToken) : undefined;
    if (operator) return operator;
    const current = await revocations.isCurrent();
    const principal = /^hrp?_/.test(credential)
      ? await ofKey(credential)
      : await ofToken(credential, needed, current).catch(refuseToken);
    const reason = nameOf(principal);
    if (revocations.isSuspended(principal.orgId))
      throw new AppError("org_suspended", "the org is suspended", { reason });
    if (!hasScope(principal, needed)) {
      throw new AppError("scope_missing", `the credential lacks the scope \`${needed}\``, {
        members: { scope: needed },
        reason,
      });
    }
    checkOrigin(principal, origin, reason);
    return principal;
  };
}

/** A page cannot choose its `Origin`; any other program can, so that this keeps a key from other pages and no more. */
function checkOrigin({ origins }: Principal, origin: string | null, reason: string): void {
  if (origins === undefined || (origin !== null && includesOrigin(origins, origin))) return;
  const what =
    origin === null ? "the request has no `Origin`" : `\`Origin\` is ${JSON.stringify(origin.slice(0, 200))}`;
  throw new AppError("origin_refused", `${what}, and the key is for pages of ${origins.join(", ")}`, {
    members: { origins },
    reason,
  });
}

/** The org and credential, for the log. */
function nameOf({ subject, orgId, tokenId }: Principal): string {
  return `${subject} of ${orgId}, token ${tokenId}`;
}

/** The answer is the same for every fault of a token; the log says which one it was. */
function refuseToken(error: unknown): never {
  if (!(error instanceof TokenRejection)) throw error;
  throw new AppError("credential_invalid", "the access token is not valid here, or not any more", {
    reason: error.message,
  });
}

function readBearer(authorization: string | null): string {
  // RFC 6750, section 3.1: a caller with another scheme has sent no credential that could be wrong.
  if (!authorization || /^(?!bearer\b)[\w-]+ +[^,]*$/i.test(authorization))
    throw new AppError("credential_missing", "the request has no `Authorization: Bearer …`");
  // The host joins repeated headers by a comma, and no credential has one.
  const [, credential] = /^Bearer +([^\s,]+) *$/i.exec(authorization) ?? [];
  if (credential !== undefined && (/^hr[op]?_/.test(credential) || credential.split(".", 4).length === 3))
    return credential;
  throw new AppError(
    "credential_malformed",
    "the Authorization header is not `Bearer <API key>` or `Bearer <access token>`",
    { reason: authorization.includes(",") ? "several credentials, or a list" : "no bearer credential" },
  );
}
