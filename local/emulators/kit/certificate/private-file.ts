import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";
import process from "node:process";

/**
 * Writes a file that only its owner can read. Readers see the old one or the new one, never half of it, also after a
 * crash.
 */
export async function writePrivateFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const temporary = `${path}.${process.pid}`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}
