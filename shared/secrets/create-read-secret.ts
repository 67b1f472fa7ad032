import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import type { ReadSecret } from "./read-secret.ts";
import type { SecretHolder } from "./secret-holder.ts";
import { chooseVersion, isUsable } from "./secret-vault.ts";

interface Known {
  readonly version: string;
  readonly value: string;
}

export function createReadSecret(secrets: SecretHolder): ReadSecret {
  const last = new Map<string, Known>();
  return async (name) => {
    const { versions, readAt } = await secrets.versions(name);
    const chosen = chooseVersion(versions, readAt);
    if (!chosen)
      throw new AppError("secrets_unavailable", "a secret is not there", {
        reason: `Key Vault has no version of the secret ${name} that is enabled and in effect`,
      });
    const before = last.get(name);
    if (before?.version === chosen.version) return before.value;
    const next = secrets.value(name, chosen.version).then((value) => {
      last.set(name, { version: chosen.version, value });
      return value;
    });
    const old = versions.find(({ version }) => version === before?.version);
    if (before === undefined || old === undefined || !isUsable(old, readAt)) return next;
    // The previous one is good until the value of the next is here: Key Vault may be away again.
    reached("previous-secret-serves");
    next.catch(() => undefined);
    return before.value;
  };
}
