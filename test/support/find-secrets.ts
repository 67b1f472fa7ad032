import { readdir, readFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";

/** The forms of the product's secrets, wherever they are written. */
const patterns: Readonly<Record<string, RegExp>> = {
  "an API key": /hr_[a-z0-9.~-]+_[0-9A-Za-z]{12}_[0-9A-Za-z]{49}/,
  "an operator's key": /hro_[\w-]{43}/,
  "a refresh token": /hrr_[a-z0-9.~-]+_[0-9A-Za-z-]{22}_[\w-]{71}/,
  "an invitation": /hri_[a-z0-9.~-]+_[\w-]{43}/,
  "a token": /eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]{20,}/,
  "a credential of HTTP Basic": /Basic [\w+/]{80,}/i,
  "a private key": /"d\\*":\s*\\*"[\w-]{43}|BEGIN (EC )?PRIVATE KEY/,
  "an account's key": /(AccountKey|SharedAccessKey)=[\w+/=]{40,}/,
};

/** The kinds of secrets that a text has, and those of `known` (by name) that stand in it as they are. */
export function findSecrets(text: string, known: Readonly<Record<string, string>> = {}): string[] {
  const byShape = Object.entries(patterns).filter(([, pattern]) => pattern.test(text));
  const byValue = Object.entries(known).filter(([, value]) => value.length >= 16 && text.includes(value));
  return [...byShape, ...byValue].map(([name]) => name);
}

/**
 * Where a secret belongs: the vault's and the identity endpoint's own stores, the TLS key, and the files for the user
 * of this machine.
 */
const holders = [
  "key-vault",
  "managed-identity",
  "certificate",
  "operator-key",
  "orgs.json",
  "openid-client-secret",
  "running.json",
];

/**
 * Everything that a service wrote, its logs and its stores: `logs/functions-host.log: a token`, for each file that has
 * any. Throws when there is nothing to search.
 */
export async function findSecretsWritten(
  stateDir: string,
  known: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const entries = await readdir(stateDir, { recursive: true, withFileTypes: true });
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(stateDir, join(entry.parentPath, entry.name)))
    .filter((file) => !holders.includes(file.split(sep)[0] ?? ""));
  const found: string[] = [];
  let hostWrote = false;
  for (const file of files) {
    // Stores are binary: with one character a byte, the texts in them are found.
    const text = await readFile(join(stateDir, file), "latin1");
    if (file === join("logs", "functions-host.log")) hostWrote = text.length > 0;
    found.push(...findSecrets(text, known).map((kind) => `${file}: ${kind}`));
  }
  if (!hostWrote) throw new Error(`${stateDir} has no log of the host`);
  return found;
}
