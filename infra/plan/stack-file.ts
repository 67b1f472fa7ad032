import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { load } from "js-yaml";
import { isObject } from "./engine/values.ts";

export interface Project {
  readonly name: string;
  /** All keys with their project, objects as JSON, as Pulumi hands them to a program. */
  readonly config: Readonly<Record<string, string>>;
  /** The keys that are encrypted in the stack's file; what they are nobody can read here. */
  readonly secretKeys: readonly string[];
}

/** Reads `Pulumi.yaml` and `Pulumi.<stack>.yaml` of a folder. A stack without a file has the project's defaults. */
export async function readProject(folder: string, stack: string): Promise<Project> {
  const project = await readYaml(join(folder, "Pulumi.yaml"));
  if (typeof project.name !== "string")
    throw new Error(`${join(folder, "Pulumi.yaml")} is missing or names no project`);
  const { name } = project;
  const values = {
    ...valuesOf(project, name),
    ...valuesOf(await readYaml(join(folder, `Pulumi.${stack}.yaml`)), name),
  };
  const secretKeys = Object.keys(values).filter((key) => isSecret(values[key]));
  const config = Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, isSecret(value) ? "(encrypted)" : toText(value)]),
  );
  return { name, config, secretKeys };
}

async function readYaml(file: string): Promise<Record<string, unknown>> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const read = load(text);
  return isObject(read) ? read : {};
}

/** In `Pulumi.yaml` a value may stand under `value` or `default`; keys may come without their project. */
function valuesOf(yaml: Record<string, unknown>, project: string): Record<string, unknown> {
  const config = isObject(yaml.config) ? yaml.config : {};
  return Object.fromEntries(
    Object.entries(config).flatMap(([key, entry]) => {
      const value =
        isObject(entry) && ("value" in entry || "default" in entry) ? (entry.value ?? entry.default) : entry;
      if (value === undefined || (isObject(entry) && "type" in entry && value === entry)) return [];
      return [[key.includes(":") ? key : `${project}:${key}`, value]];
    }),
  );
}

function isSecret(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 1 && "secure" in value;
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
