import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { expect, it } from "vitest";
import { makeApiKey } from "../../shared/identity/api-key.ts";
import { logTo } from "../../shared/log.ts";
import { makeInvitationToken } from "../../shared/members/invitation-token.ts";
import { makeSigningKey } from "../../shared/secrets/secret-signing-keys.ts";
import { makeRefreshToken, makeSessionId } from "../../shared/sessions/refresh-token.ts";
import { createKeyRing } from "../../shared/signing/key-ring.ts";
import { findSecrets } from "../support/find-secrets.ts";

it("what searches logs for secrets finds each kind of them, also within JSON within JSON", async () => {
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
