import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const azureNative = dirname(createRequire(import.meta.url).resolve("@pulumi/azure-native"));

/** The API version that the installed azure-native uses for a type of its: its declarations say so. */
export function apiVersionOf(token: string): string {
  const [, module = "", name = ""] = token.split(":");
  const folder = join(azureNative, module);
  const index = readFileSync(join(folder, "index.js"), "utf8");
  const [, file] =
    new RegExp(`lazyLoad\\(exports, \\["${name}"\\], \\(\\) => require\\("\\./(\\w+)"\\)\\)`).exec(index) ?? [];
  if (file === undefined) throw new Error(`azure-native has no ${token}`);
  const [, version] =
    /Uses Azure REST API version (\S+?)\.\s/.exec(readFileSync(join(folder, `${file}.d.ts`), "utf8")) ?? [];
  if (version === undefined) throw new Error(`azure-native does not say which API version ${token} uses`);
  return version;
}
