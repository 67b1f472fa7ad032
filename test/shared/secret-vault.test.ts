import { describeSecretVault } from "../contracts/secret-vault.ts";
import { createMemorySecretVault } from "../support/memory-secret-vault.ts";

describeSecretVault("in memory", async () => createMemorySecretVault(Date.now));
