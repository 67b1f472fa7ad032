import { createRequireCurrent } from "../access/documents/require-current.ts";
import { createHasSchemas } from "../access/keys/has-schemas.ts";
import { createNoteKeyUse } from "../access/keys/last-used.ts";
import { createReadState } from "../access/keys/read-state.ts";
import { createVerifyApiKey } from "../access/keys/verify-api-key.ts";
import { createIsSuspended, createRevocationWatch } from "../access/revocations/revocation-watch.ts";
import { createRevoke } from "../access/revocations/revocations.ts";
import { createAuthenticate } from "../access/tokens/authenticate.ts";
import { createIssueAccessToken } from "../access/tokens/issue-access-token.ts";
import { lifetimesOf } from "../access/tokens/lifetimes.ts";
import { createVerifyAccessToken } from "../access/tokens/verify-access-token.ts";
import { createVerifyOperator } from "../access/tokens/verify-operator.ts";
import type { Config } from "../config.ts";
import { createOrgStates } from "../org/org-states.ts";
import type { Adapters } from "./adapters.ts";
import type { Secrets } from "./secrets.ts";

/** Decides who may come in, by which credential, and until when. */
export function createAccess(
  config: Config,
  {
    identity,
    states,
    documents,
    revocationStore,
  }: Pick<Adapters, "identity" | "states" | "documents" | "revocationStore">,
  { owned, secrets, signingKeys, keyRings }: Pick<Secrets, "owned" | "secrets" | "signingKeys" | "keyRings">,
) {
  const { issuer, audience, lifetimeSeconds } = config.tokens;
  const { maxLifetimeSeconds, keepCutOffsMs } = lifetimesOf(lifetimeSeconds);
  const revocations = createRevocationWatch(revocationStore, {
    pollMs: config.revocationPollMs,
    onSigningKeyRevoked: () => {
      for (const { name } of Object.values(owned)) secrets.expire(name);
    },
  });
  const noteKeyUse = createNoteKeyUse(identity, { now: Date.now });
  const readState = createReadState({ states, documents });
  const { credentialRefreshMs: refreshMs } = config;
  const orgStates = createOrgStates(readState, { rules: { refreshMs } });
  const verifyApiKey = createVerifyApiKey(
    { store: identity, readState },
    { refreshMs, states: orgStates, revocations, onUse: noteKeyUse },
  );
  const authenticate = createAuthenticate({
    verifyApiKey,
    verifyAccessToken: createVerifyAccessToken(signingKeys.findVerifier, { issuer, audience, maxLifetimeSeconds }),
    verifyOperator: createVerifyOperator(config.operator),
    revocations,
  });
  return {
    authenticate,
    verifyApiKey,
    revocations,
    requireCurrent: createRequireCurrent(documents, { now: Date.now }),
    isSuspended: createIsSuspended(revocations),
    hasSchemas: createHasSchemas({ states: orgStates, revocations }),
    revoke: createRevoke(revocationStore, { keepMs: keepCutOffsMs, countHeld: revocations.countCutOffs }),
    issueAccessToken: createIssueAccessToken(
      { findSigner: signingKeys.findSigner, keyRings },
      { issuer, audience, lifetimeSeconds },
    ),
  };
}

export type Access = ReturnType<typeof createAccess>;
