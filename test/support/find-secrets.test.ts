import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it, onTestFinished } from "vitest";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { makeInvitationToken } from "../../shared/access/members/invitation-token.ts";
import { makeRefreshToken, makeSessionId } from "../../shared/access/sessions/refresh-token.ts";
import { makeSigningKey } from "../../shared/access/tokens/secret-signing-keys.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { logTo } from "../../shared/telemetry/log.ts";
import { findSecrets, findSecretsWritten } from "./find-secrets.ts";

it("the search of logs for secrets finds each kind of them, also within JSON within JSON", async () => {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const token = await new SignJWT({ a: 1 }).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
  const { value } = await makeSigningKey();
  expect(JSON.parse(value)).toHaveProperty("d");
  const written = (text: string): string => {
    let line = "";
    const context = { invocationId: "i", info: (found: string) => (line = found) } as unknown as Parameters<
      typeof logTo
    >[0];
    logTo(context).info("x", { error: new Error(text) });
    return line;
  };
  const secrets = [
    ["an API key", makeApiKey("acme").key],
    ["an operator's key", `hro_${"a".repeat(43)}`],
    ["a refresh token", makeRefreshToken(createKeyRing([Buffer.alloc(32, 7)]), "acme", makeSessionId()).token],
    ["an invitation", makeInvitationToken("acme").token],
    ["a token", token],
    ["a credential of HTTP Basic", `Basic ${btoa(`x:${makeApiKey("acme").key}`)}`],
    ["a private key", value],
    ["a private key", JSON.stringify(await exportJWK(privateKey))],
    ["an account's key", `AccountKey=${"a".repeat(60)}==`],
  ] as const;
  for (const [kind, secret] of secrets) {
    expect(findSecrets(`some text ${secret} more`)).toEqual([kind]);
    expect(findSecrets(written(secret))).toEqual([kind]);
  }
  expect(findSecrets("the receipt key", { "a value": "0123456789abcdef" })).toEqual([]);
  expect(findSecrets("x0123456789abcdefx", { "a value": "0123456789abcdef" })).toEqual(["a value"]);
  expect(findSecrets(written(`the key ${makeApiKey("acme").keyId} of acme was revoked`))).toEqual([]);
});

it("everything that a service wrote is searched, its stores too, except the places where a secret belongs", async () => {
  const stateDir = await mkdtemp(join(tmpdir(), "headrace-written-"));
  onTestFinished(() => rm(stateDir, { recursive: true, force: true }));
  const write = async (folder: string, file: string, text: string): Promise<void> => {
    await mkdir(join(stateDir, folder), { recursive: true });
    await writeFile(join(stateDir, folder, file), text);
  };
  const { key } = makeApiKey("acme");
  await write(".", "orgs.json", key);
  await write("cosmos", "documents.sqlite", "\0nothing\0");
  await expect(findSecretsWritten(stateDir)).rejects.toThrow("has no log of the host");
  await write("logs", "functions-host.log", "ready");
  expect(await findSecretsWritten(stateDir)).toEqual([]);
  await write("logs", "event-hubs.log", `connected with ${key}`);
  await write("azurite/blob/__blobstorage__", "one", `\0\u00ff${key}\0`);
  const found = await findSecretsWritten(stateDir);
  expect(found.sort()).toEqual(["azurite/blob/__blobstorage__/one: an API key", "logs/event-hubs.log: an API key"]);
});
