import { expect, test } from "vitest";
import { createKeyVaultSecretVault } from "../../../shared/secrets/key-vault-secret-vault.ts";
import type { SecretVault } from "../../../shared/secrets/secret-vault.ts";
import { describeSecretVault } from "../../contracts/secret-vault.ts";
import { createTestCredential, startWorld, type World } from "./support.ts";

function connect({ endpoint }: World): SecretVault {
  return createKeyVaultSecretVault({ url: endpoint, skipChallengeCheck: true }, createTestCredential());
}

describeSecretVault("Key Vault", async () => connect(await startWorld()));

test("a conflict says which kind it was: being deleted, deleted, being recovered, or in the vault's own words", async () => {
  const changingMs = 5_000;
  let isBusy = false;
  const error = { code: "Conflict", message: "Another write is under way." };
  const busy = { status: 409, headers: { "content-type": "application/json" }, body: JSON.stringify({ error }) };
  const enter = async () => (isBusy ? busy : undefined);
  const world = await startWorld({ changingMs, gate: { enter } });
  const vault = connect(world);
  const add = () => vault.addVersion("key", "one", { notBefore: world.clock.now });
  await add();

  await world.client.beginDeleteSecret("key");
  await expect(add()).rejects.toThrow("the secret key is just being deleted");
  world.clock.now += changingMs + 1_000;
  await expect(add()).rejects.toThrow("the secret key was deleted: recover it");
  await world.client.beginRecoverDeletedSecret("key");
  await expect(add()).rejects.toThrow("the secret key is just being recovered");
  world.clock.now += changingMs + 1_000;
  await add();
  isBusy = true;
  await expect(add()).rejects.toThrow("the secret key did not take a new version: Another write is under way.");
});
