import { AppError } from "../errors.ts";
import type { ReadSecret } from "./read-secret.ts";
import type { SecretHolder } from "./secret-holder.ts";
import { chooseVersion } from "./secret-vault.ts";

export function createReadSecret(secrets: SecretHolder): ReadSecret {
  const last = new Map<string, string>();
  return async (name) => {
    const { versions, readAt } = await secrets.versions(name);
    const chosen = chooseVersion(versions, readAt);
    if (!chosen)
      throw new AppError("secrets_unavailable", "a secret is not there", {
        reason: `Key Vault has no version of the secret ${name} that is enabled and in effect`,
      });
    try {
      const value = await secrets.value(name, chosen.version);
      last.set(name, value);
      return value;
    } catch (error) {
      // A version that was listed, and whose value cannot be read yet.
      const before = last.get(name);
      if (before === undefined) throw error;
      return before;
    }
  };
}
