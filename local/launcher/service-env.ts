import { join } from "node:path";
import process from "node:process";
import { projectRoot } from "./project.ts";

const kept =
  /^(HEADRACE_(?!URL$|API_KEY$|OPERATOR_TOKEN$).*|NODE_.*|PATH|HOME|LANG|LC_.*|TZ|TMPDIR|TEMP|TMP|SystemRoot|USERPROFILE|APPDATA)$/i;

/**
 * The part of the user's environment that a service gets. It is small, so that a COSMOS_ENDPOINT or AZURE_CLIENT_ID set
 * for some other work cannot lead the local product elsewhere, and no credential for commands gets in. The compile
 * cache takes a third off the start (Azurite: 1.4 s to 0.95 s).
 */
export function serviceEnv(): Record<string, string> {
  const own = Object.entries(process.env).filter((entry): entry is [string, string] => {
    return kept.test(entry[0]) && entry[1] !== undefined;
  });
  return { NODE_COMPILE_CACHE: join(projectRoot, "node_modules/.cache/headrace"), ...Object.fromEntries(own) };
}
