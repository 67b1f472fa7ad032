import type { TokenCredential } from "@azure/identity";
import { SecretClient, type SecretProperties } from "@azure/keyvault-secrets";
import type { SecretVault, SecretVersion } from "./secret-vault.ts";

export interface KeyVaultOptions {
  readonly url: string;
  /** The SDK refuses a vault whose host is not under the domain that its challenge names: an emulator's is not. */
  readonly skipChallengeCheck: boolean;
}

/** Key Vault, with deadlines far below the SDK's own: whoever asks has older values, or a client that waits. */
export function createKeyVaultSecretVault(options: KeyVaultOptions, credential: TokenCredential): SecretVault {
  const connect = (maxRetries: number): SecretClient =>
    new SecretClient(options.url, credential, {
      disableChallengeResourceVerification: options.skipChallengeCheck,
      retryOptions: { maxRetries, retryDelayInMs: 200, maxRetryDelayInMs: 1_000 },
    });
  const client = connect(2);
  // Once: a version whose answer was lost is there, and another try would make a second one.
  const adding = connect(0);
  const deadline = () => ({ abortSignal: AbortSignal.timeout(10_000) });
  return {
    listVersions: async (name) => {
      const versions: SecretVersion[] = [];
      for await (const properties of client.listPropertiesOfSecretVersions(name, deadline()))
        versions.push(toVersion(properties));
      return versions;
    },
    readValue: async (name, version) => {
      const { value } = await client.getSecret(name, { version, ...deadline() });
      if (value === undefined) throw new Error(`the secret ${name} has no value`);
      return value;
    },
    addVersion: async (name, value, { notBefore, tags = {} }) => {
      const { properties } = await adding.setSecret(name, value, {
        notBefore: new Date(notBefore),
        tags: { ...tags },
        ...deadline(),
      });
      return toVersion(properties);
    },
    changeVersion: async (name, version, { enabled, expiresAt }) => {
      await client.updateSecretProperties(name, version, {
        ...(enabled === undefined ? undefined : { enabled }),
        ...(expiresAt === undefined ? undefined : { expiresOn: new Date(expiresAt) }),
        ...deadline(),
      });
    },
  };
}

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
