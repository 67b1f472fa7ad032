import { resolve } from "node:path";
import process from "node:process";
import { text } from "node:stream/consumers";
import { defaultStateDir } from "../local/launcher/project.ts";
import { StackError } from "../local/launcher/stack-error.ts";
import { readOperatorKey, requireRunning } from "../local/launcher/state.ts";
import { readUrl, UsageError } from "./command.ts";
import { createOperatorClient, type OperatorClient } from "./operator-client.ts";

export const operatorFlags = {
  url: { type: "string" },
  "token-stdin": { type: "boolean", default: false },
  state: { type: "string" },
} as const;

/** The end of the help of every operator command. */
export const operatorHelp = `
Of the Headrace that runs on this machine, or of one elsewhere:

  --url URL       its API (or HEADRACE_URL). The operator's token is HEADRACE_OPERATOR_TOKEN, in Azure what
                  \`az account get-access-token --scope APP/.default --query accessToken -o tsv\` prints
  --token-stdin   reads the token from stdin instead
  --state DIR     the state folder of the local Headrace   (.headrace)
  --json          the API's answer, and nothing else, on stdout
`;

export interface OperatorTarget {
  readonly operator: OperatorClient;
  /** Where keys of the local Headrace are kept; undefined for one elsewhere. */
  readonly stateDir: string | undefined;
}

type Flags = { readonly url?: string; readonly state?: string; readonly "token-stdin": boolean };

/** The deployment that the flags or the environment name, else the Headrace that runs on this machine. */
export async function openOperator(flags: Flags): Promise<OperatorTarget> {
  const { HEADRACE_URL } = process.env;
  if (flags.url !== undefined && flags.state !== undefined)
    throw new UsageError("--state is of the Headrace on this machine, --url of one elsewhere: give one of them.");
  const url = flags.url ?? (flags.state === undefined ? HEADRACE_URL : undefined);
  if (url === undefined) {
    if (flags["token-stdin"])
      throw new UsageError("--token-stdin goes with --url; here the operator's key is at hand.");
    const stateDir = resolve(flags.state ?? defaultStateDir);
    const { baseUrl } = requireRunning(stateDir);
    return { operator: connect(baseUrl, readOperatorKey(stateDir)), stateDir };
  }
  const baseUrl = requireSafe(readUrl("--url", url));
  return { operator: connect(baseUrl, await readToken(flags["token-stdin"])), stateDir: undefined };
}

/** A person waits for the answer, and can ask again. */
function connect(baseUrl: string, credential: string): OperatorClient {
  return createOperatorClient({ baseUrl, maxWaitMs: 0 }, credential);
}

/** An operator's token that crosses the network in clear could be read by anyone. */
function requireSafe(baseUrl: string): string {
  const { protocol, hostname } = new URL(baseUrl);
  if (protocol === "https:" || ["127.0.0.1", "[::1]", "localhost"].includes(hostname)) return baseUrl;
  throw new UsageError(`--url must be https: the operator's token would go to ${hostname} in clear.`);
}

async function readToken(fromStdin: boolean): Promise<string> {
  const { HEADRACE_OPERATOR_TOKEN } = process.env;
  const token = (fromStdin ? await text(process.stdin) : (HEADRACE_OPERATOR_TOKEN ?? "")).trim();
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  if (token !== "") throw new StackError("The operator's token has spaces or other characters that no token has.");
  throw new UsageError(
    fromStdin
      ? "--token-stdin: there was nothing on stdin."
      : "--url needs the operator's token: set HEADRACE_OPERATOR_TOKEN, or pipe it in with --token-stdin.",
  );
}
