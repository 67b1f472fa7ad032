import { cp, mkdtemp, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fixtures = fileURLToPath(new URL("../fixtures/", import.meta.url));
const packages = fileURLToPath(new URL("../../../infra/node_modules", import.meta.url));

/** A program of test/infra/fixtures in a folder of its own, beside the packages of infra. */
export async function copyProgram(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `${name}-`));
  await cp(join(fixtures, name), folder, { recursive: true });
  await symlink(packages, join(folder, "node_modules"));
  return folder;
}
