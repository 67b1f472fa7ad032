import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/** What a secret of the product looks like, wherever it is written. */
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

/** What all services wrote: `logs/functions-host.log: a token`, for each that has any. Throws when there is nothing to search. */
export async function findSecretsInLogs(
  stateDir: string,
  known: Readonly<Record<string, string>> = {},
): Promise<string[]> {
  const dir = join(stateDir, "logs");
  const texts = await Promise.all(
    (await readdir(dir)).map(async (file) => [file, await readFile(join(dir, file), "utf8")] as const),
  );
  if (!texts.some(([file, text]) => file === "functions-host.log" && text.length > 0))
    throw new Error(`${dir} has no log of the host`);
  return texts.flatMap(([file, text]) => findSecrets(text, known).map((kind) => `logs/${file}: ${kind}`));
}
