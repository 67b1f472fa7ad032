import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import { writePrivateFile } from "../kit/certificate/private-file.ts";

/** Paths of JSON files. */
export interface TokenKeyFiles {
  /** The private key (JWK), for the managed identity endpoint only. */
  readonly signing: string;
  /** The key set (JWKS) that every emulator verifies tokens with. */
  readonly verifying: string;
}

export const TOKEN_ALGORITHM = "ES256";

/**
 * The key pair of the local tokens: made when the folder has none, and kept, so that tokens outlive a restart. Throws
 * an Error that names a spoiled file.
 */
export async function ensureTokenKeys(folder: string): Promise<TokenKeyFiles> {
  const files = { signing: join(folder, "signing-key.json"), verifying: join(folder, "token-keys.json") };
  // Written last, so that the other one is there too.
  if (await isThere(files.verifying)) {
    await checkKeys(files);
    return files;
  }
  const { privateKey, publicKey } = await generateKeyPair(TOKEN_ALGORITHM, { extractable: true });
  const shown = await exportJWK(publicKey);
  const named: JWK = { kid: await calculateJwkThumbprint(shown), alg: TOKEN_ALGORITHM, use: "sig" };
  await writePrivateFile(files.signing, JSON.stringify({ ...(await exportJWK(privateKey)), ...named }));
  await writePrivateFile(files.verifying, JSON.stringify({ keys: [{ ...shown, ...named }] }));
  return files;
}

async function isThere(file: string): Promise<boolean> {
  return readFile(file).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") return false;
      throw new Error(`${file} cannot be read: ${error.message}`);
    },
  );
}

/** The pair signs and verifies, or an Error names the file and says what helps. */
async function checkKeys({ signing, verifying }: TokenKeyFiles): Promise<void> {
  for (const file of [verifying, signing]) {
    try {
      const parsed = JSON.parse(await readFile(file, "utf8")) as JWK & { readonly keys?: readonly JWK[] };
      await importJWK((file === verifying ? parsed.keys?.[0] : parsed) ?? {}, TOKEN_ALGORITHM);
    } catch {
      throw new Error(
        `${file} is missing or spoiled. Remove ${signing} and ${verifying}: the next start makes another pair, and tokens of this one end.`,
      );
    }
  }
}
