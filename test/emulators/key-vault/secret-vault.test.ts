import { createKeyVaultSecretVault } from "../../../shared/secrets/key-vault-secret-vault.ts";
import { createCredential } from "../../../shared/store/credential.ts";
import { describeSecretVault } from "../../contracts/secret-vault.ts";
import { startWorld } from "./support.ts";

describeSecretVault("Key Vault", async () => {
  const { endpoint } = await startWorld();
  return createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, createCredential(undefined));
});
