import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { z } from "zod";
import { HostError, messageOf } from "./host-error.ts";

const LOCAL_SETTINGS = z.object({
  IsEncrypted: z.boolean().default(true),
  Values: z.record(z.string(), z.string().nullable()).default({}),
});

function readFileIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Parses a JSON file that may be missing; the error for a malformed one names the file. */
export function readJsonFile(path: string): unknown {
  const text = readFileIfThere(path);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new HostError(`${path} is not JSON: ${messageOf(error)}`);
  }
}

/**
 * Values of local.settings.json become environment variables, as in Core Tools; a variable that is set already wins.
 */
export function loadLocalSettings(appDir: string): void {
  const path = join(appDir, "local.settings.json");
  const content = readJsonFile(path);
  if (content === undefined) return;
  const settings = LOCAL_SETTINGS.safeParse(content);
  if (!settings.success) throw new HostError(`${path}: ${z.prettifyError(settings.error)}`);
  if (settings.data.IsEncrypted) throw new HostError(`${path} is encrypted; set "IsEncrypted": false.`);
  for (const [name, value] of Object.entries(settings.data.Values)) {
    if (value !== null) process.env[name] ??= value;
  }
}

/** An app setting: an environment variable, where `__` and `:` separate sections alike. */
export function getSetting(name: string): string | undefined {
  return process.env[name] ?? process.env[name.replaceAll(":", "__")];
}

/**
 * Replaces every `%SETTING%` of a binding property.
 *
 * @throws HostError when a named setting does not exist, as the real host does at indexing
 */
export function resolveSettings(text: string, where: string): string {
  return text.replace(/%([^%]+)%/g, (_whole, name: string) => {
    const value = getSetting(name);
    if (value === undefined) throw new HostError(`${where}: '%${name}%' does not resolve to a value: set ${name}.`);
    return value;
  });
}

/** `AzureWebJobs.<function>.Disabled` (or with `__`), true or 1. */
export function isDisabled(functionName: string): boolean {
  const value =
    getSetting(`AzureWebJobs.${functionName}.Disabled`) ?? getSetting(`AzureWebJobs__${functionName}__Disabled`);
  return value !== undefined && /^(true|1)$/i.test(value);
}
