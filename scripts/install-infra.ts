import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";

const infra = join(import.meta.dirname, "../infra");

/**
 * Installs the packages of infra/ where they are missing or not those of its lock, and says so: `npm start` needs none
 * of them.
 */
export function installInfra(): void {
  if (isInstalled()) return;
  process.stderr.write("Installing the packages of infra/ (240 MB, for the first command that needs them) …\n");
  // The Node that runs this, not the system's: npm looks at its own Node when it checks engines.
  const path = `${dirname(process.execPath)}${delimiter}${process.env.PATH ?? ""}`;
  const { status, error } = spawnSync("npm", ["ci"], {
    cwd: infra,
    env: { ...process.env, PATH: path },
    stdio: ["ignore", "ignore", "inherit"],
    shell: process.platform === "win32",
  });
  if (error) throw error;
  if (status !== 0) throw new Error(`npm ci in infra/ ended with ${status}`);
}

interface Lock {
  readonly packages: Readonly<Record<string, { readonly version?: string; readonly optional?: boolean }>>;
}

/** npm keeps a lock of what it installed beside the packages. */
function isInstalled(): boolean {
  const installed = readLock(join(infra, "node_modules/.package-lock.json"));
  const wanted = readLock(join(infra, "package-lock.json"));
  if (installed === undefined || wanted === undefined) return false;
  return Object.entries(wanted.packages).every(
    ([path, { version, optional }]) =>
      path === "" || optional === true || installed.packages[path]?.version === version,
  );
}

function readLock(file: string): Lock | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Lock;
  } catch {
    return undefined;
  }
}
