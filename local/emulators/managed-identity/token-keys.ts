import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from "jose";
import { writePrivateFile } from "../kit/certificate/private-file.ts";

/** Paths of JSON files. */
export interface TokenKeyFiles {
  /** The private key (JWK), for the managed identity endpoint only. */
  readonly signing: string;
  /** The key set (JWKS) that every emulator verifies tokens with. */
  readonly verifying: string;
}

export const TOKEN_ALGORITHM = "ES256";

/** The key pair of the local tokens: made when the folder has none, and kept, so that tokens outlive a restart. */
export async function ensureTokenKeys(folder: string): Promise<TokenKeyFiles> {
  const files = { signing: join(folder, "signing-key.json"), verifying: join(folder, "token-keys.json") };
  // Written last, so that the other one is there too.
  if (
    await readFile(files.verifying).then(
      () => true,
      () => false,
    )
  )
    return files;
  const { privateKey, publicKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const shown = await exportJWK(publicKey);
  const named: JWK = { kid: await calculateJwkThumbprint(shown), alg: TOKEN_ALGORITHM, use: "sig" };
  await writePrivateFile(files.signing, JSON.stringify({ ...(await exportJWK(privateKey)), ...named }));
  await writePrivateFile(files.verifying, JSON.stringify({ keys: [{ ...shown, ...named }] }));
  return files;
}
