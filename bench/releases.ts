import { existsSync, mkdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { join, resolve } from "node:path";
import { UsageError } from "../cli/command.ts";
import { projectRoot } from "../local/launcher/project.ts";

export type Release = "last" | "this";

/** Two releases of the product that take turns on one state. */
export interface Releases {
  /** The function app of hosts that start: it leads to the release that is chosen. */
  readonly appDir: string;
  /** The folders of both. */
  readonly dirs: Readonly<Record<Release, string>>;
  /** Which one hosts run that start from now on. */
  chosen(): Release;
  choose(release: Release): void;
}

/** @param dir where the way to the chosen one is kept */
export function createReleases(dirs: Readonly<Record<Release, string>>, dir: string, first: Release): Releases {
  mkdirSync(dir, { recursive: true });
  const appDir = join(dir, "app");
  let chosen = first;
  const choose = (release: Release): void => {
    const made = join(dir, "app.chosen");
    symlinkSync(resolve(dirs[release]), made);
    renameSync(made, appDir);
    chosen = release;
  };
  choose(first);
  return { appDir, dirs, chosen: () => chosen, choose };
}

/** This checkout, and that of the last release. Throws a {@link UsageError} for a folder that is not one. */
export function findReleases(lastDir: string): Readonly<Record<Release, string>> {
  const last = resolve(lastDir);
  const needed = ["host.json", "functions/index.ts", "cli/headrace.cjs", "node_modules/.bin/node"];
  if (needed.every((path) => existsSync(join(last, path))) && nameOf(last) === nameOf(projectRoot))
    return { last, this: projectRoot };
  throw new UsageError(`--last must be a checkout of the last release of Headrace after \`npm install\`, not ${last}.`);
}

function nameOf(dir: string): unknown {
  return (JSON.parse(readFileSync(join(dir, "package.json"), "utf8")) as { readonly name?: unknown }).name;
}
