import type { TokenCredential } from "@azure/identity";
import { SecretClient, type SecretProperties } from "@azure/keyvault-secrets";
import { withDeadline } from "../runtime/deadline.ts";
import { reached } from "../runtime/reached.ts";
import type { SecretVault, SecretVersion } from "./secret-vault.ts";

export interface KeyVaultOptions {
  readonly url: string;
  /** The SDK refuses a vault whose host is not under the domain that its challenge names: an emulator's is not. */
  readonly skipChallengeCheck: boolean;
}

/**
 * For a call with all its tries, and for the token that it needs: an endpoint of the managed identity that hangs heeds
 * no signal.
 */
const DEADLINE_MS = 10_000;

/** Key Vault, with deadlines far below the SDK's own: a caller has older values, or a client that waits. */
export function createKeyVaultSecretVault(options: KeyVaultOptions, credential: TokenCredential): SecretVault {
  const connect = (maxRetries: number): SecretClient =>
    new SecretClient(options.url, credential, {
      disableChallengeResourceVerification: options.skipChallengeCheck,
      retryOptions: { maxRetries, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
    });
  const client = connect(2);
  // Once: if only the answer was lost, the version exists, and another try would make a second one.
  const adding = connect(0);
  return {
    listVersions: (name) =>
      withDeadline(DEADLINE_MS, async (abortSignal) => {
        const versions: SecretVersion[] = [];
        for await (const properties of client.listPropertiesOfSecretVersions(name, { abortSignal }))
          versions.push(toVersion(properties));
        return versions;
      }),
    readValue: (name, version) =>
      withDeadline(DEADLINE_MS, async (abortSignal) => {
        const { value } = await client.getSecret(name, { version, abortSignal });
        if (value === undefined) throw new Error(`the secret ${name} has no value`);
        return value;
      }),
    addVersion: (name, value, { notBefore, tags = {} }) =>
      withDeadline(DEADLINE_MS, async (abortSignal) => {
        const options = { notBefore: new Date(notBefore), tags: { ...tags }, abortSignal };
        const { properties } = await adding.setSecret(name, value, options).catch((cause: unknown) => {
          throw isConflict(cause) ? describeConflict(name, cause) : cause;
        });
        return toVersion(properties);
      }),
    changeVersion: (name, version, { enabled, expiresAt }) =>
      withDeadline(DEADLINE_MS, async (abortSignal) => {
        await client.updateSecretProperties(name, version, {
          ...(enabled === undefined ? undefined : { enabled }),
          ...(expiresAt === undefined ? undefined : { expiresOn: new Date(expiresAt) }),
          abortSignal,
        });
      }),
    deleteSecret: (name) =>
      withDeadline(DEADLINE_MS, async (abortSignal) => {
        try {
          // Answered when its values can be read no more; the vault is waited for by nobody.
          await client.beginDeleteSecret(name, { abortSignal });
        } catch (error) {
          if (!isStatus(error, 404)) throw error;
        }
      }),
  };
}

interface Conflict extends Error {
  /** As the SDK reads the body of the answer. */
  readonly details?: { readonly error?: { readonly innerError?: { readonly code?: string } } };
}

function isConflict(error: unknown): error is Conflict {
  return isStatus(error, 409);
}

function isStatus(error: unknown, status: number): error is Error {
  return error instanceof Error && (error as { statusCode?: unknown }).statusCode === status;
}

/**
 * A deleted secret lists no versions, and its name cannot be used. Only the operator can tell whether that was meant.
 * Of another conflict the service's own words are the best that there is.
 */
function describeConflict(name: string, cause: Conflict): Error {
  reached("secret-name-taken");
  const code = cause.details?.error?.innerError?.code ?? "";
  const told = conflicts[code] ?? `did not take a new version: ${cause.message}`;
  return new Error(`the secret ${name} ${told}`, { cause });
}

const conflicts: Readonly<Record<string, string>> = {
  ObjectIsDeletedButRecoverable:
    "was deleted: recover it (`az keyvault secret recover`), or purge it and everything that it signed is worth nothing",
  ObjectIsBeingDeleted:
    "is just being deleted: if that was not meant, recover it when that has ended (`az keyvault secret recover`)",
  ObjectIsBeingRecovered: "is just being recovered: it is tried again, and nothing has to be done",
};

function toVersion({ version, enabled, createdOn, notBefore, expiresOn, tags }: SecretProperties): SecretVersion {
  return {
    version: version ?? "",
    enabled: enabled ?? true,
    createdAt: createdOn?.getTime() ?? 0,
    notBefore: notBefore?.getTime(),
    expiresAt: expiresOn?.getTime(),
    tags: tags ?? {},
  };
}
