import { existsSync, globSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { z } from "zod";
import { readJsonFile } from "./app-settings.ts";
import { HostError, messageOf } from "./host-error.ts";

const PACKAGE_JSON = z.object({ main: z.string().min(1) });

/** The files that package.json's `main` matches: a path or a glob pattern, as the real worker reads it. */
function findEntryFiles(appDir: string): string[] {
  const path = join(appDir, "package.json");
  const parsed = PACKAGE_JSON.safeParse(readJsonFile(path));
  if (!parsed.success) throw new HostError(`${path}: "main" must name the file, or the pattern of files, of the app.`);
  const exact = resolve(appDir, parsed.data.main);
  const files = existsSync(exact)
    ? [exact]
    : globSync(parsed.data.main, { cwd: appDir }).map((f) => resolve(appDir, f));
  if (files.length === 0) throw new HostError(`Found zero files matching "${parsed.data.main}" in ${appDir}.`);
  return files.sort();
}

function isInModulePackage(file: string): boolean {
  for (let dir = dirname(file); ; dir = dirname(dir)) {
    const path = join(dir, "package.json");
    if (existsSync(path)) return JSON.parse(readFileSync(path, "utf8")).type === "module";
    if (dir === dirname(dir)) return false;
  }
}

/** As the worker's `loadScriptFile.ts` chooses; TypeScript, which it never sees, goes to `import()`. */
async function loadFile(file: string): Promise<void> {
  const ext = extname(file);
  if (ext === ".cjs" || (ext === ".js" && !isInModulePackage(file))) createRequire(file)(file);
  else await import(pathToFileURL(file).href);
}

/** @throws HostError naming the entry file that did not load */
export async function loadApp(appDir: string): Promise<void> {
  for (const file of findEntryFiles(appDir)) {
    try {
      await loadFile(file);
    } catch (error) {
      const stack = error instanceof Error ? error.stack : undefined;
      throw new HostError(`Worker was unable to load entry point "${file}": ${stack ?? messageOf(error)}`);
    }
  }
}
