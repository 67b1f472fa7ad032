import { AppError } from "../errors.ts";
import type { ReadSecret } from "./read-secret.ts";
import type { SecretHolder } from "./secret-holder.ts";
import { chooseVersion } from "./secret-vault.ts";

export function createReadSecret(secrets: SecretHolder): ReadSecret {
  return async (name) => {
    const { versions, readAt } = await secrets.versions(name);
    const chosen = chooseVersion(versions, readAt);
    if (!chosen)
      throw new AppError("secrets_unavailable", "a secret is not there", {
        reason: `Key Vault has no version of the secret ${name} that is enabled and in effect`,
      });
    return secrets.value(name, chosen.version);
  };
}
