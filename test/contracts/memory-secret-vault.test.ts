import { createMemorySecretVault } from "../support/memory-secret-vault.ts";
import { describeSecretVault } from "./secret-vault.ts";

describeSecretVault("in memory", async () => createMemorySecretVault(Date.now));
