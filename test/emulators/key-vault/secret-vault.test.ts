import { createKeyVaultSecretVault } from "../../../shared/secrets/key-vault-secret-vault.ts";
import { describeSecretVault } from "../../contracts/secret-vault.ts";
import { createTestCredential, startWorld } from "./support.ts";

describeSecretVault("Key Vault", async () => {
  const { endpoint } = await startWorld();
  return createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, createTestCredential());
});
