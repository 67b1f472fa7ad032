import { resolve } from "node:path";
import process from "node:process";
import { defaultStateDir } from "../local/launcher/project.ts";
import { StackError } from "../local/launcher/stack-error.ts";
import { readOrgs, requireRunning } from "../local/launcher/state.ts";
import { encodeOrgId } from "../shared/identity/org-id.ts";
import { readUrl, UsageError } from "./command.ts";
import { createLocalOrgs } from "./local-orgs.ts";
import type { FieldMapping } from "./send/map-line.ts";

/** Where to send, and as which org. */
export interface Target {
  readonly baseUrl: string;
  readonly keyFor: (org: string) => Promise<string>;
  /** An org of the file with the id that it has in the product. */
  readonly labelOrg: (org: string) => string;
}

export interface TargetFlags {
  readonly url?: string;
  readonly key?: string;
  readonly state?: string;
}

/** Waits while a store is away for a moment. */
const ORG_WAIT_MS = 60_000;

/** The deployment that the flags or the environment name, else the Headrace that runs on this machine. */
export function openTarget(flags: TargetFlags, mapping: FieldMapping): Target {
  const { HEADRACE_URL, HEADRACE_API_KEY } = process.env;
  const url = flags.url ?? HEADRACE_URL;
  const key = flags.key ?? HEADRACE_API_KEY;
  if (mapping.org !== undefined) {
    if (url === undefined && flags.key === undefined) return openLocalOrgs(flags);
    throw new UsageError(
      "--org-field makes orgs and their keys in the Headrace that runs on this machine, so it goes with neither --url nor --key. Elsewhere, send one file per org with its own key.",
    );
  }
  if (url !== undefined && key === undefined) {
    throw new UsageError("--url needs an API key: --key, or HEADRACE_API_KEY in the environment.");
  }
  const stateDir = resolve(flags.state ?? defaultStateDir);
  const baseUrl = url ?? requireRunning(stateDir).baseUrl;
  return createKeyTarget(readUrl("--url", baseUrl), key ?? readDemoKey(stateDir));
}

function createKeyTarget(baseUrl: string, apiKey: string): Target {
  const org = /^hr_([^_]+)_/.exec(apiKey)?.[1] ?? "this key's org";
  return { baseUrl, keyFor: () => Promise.resolve(apiKey), labelOrg: () => org };
}

/** Each org is made when its first event comes, and only once, however many batches wait for it. */
function openLocalOrgs(flags: TargetFlags): Target {
  const stateDir = resolve(flags.state ?? defaultStateDir);
  const { baseUrl } = requireRunning(stateDir);
  const orgs = createLocalOrgs({ baseUrl, maxWaitMs: ORG_WAIT_MS }, stateDir);
  const keys = new Map<string, Promise<string>>();
  const makeKey = async (org: string): Promise<string> => (await orgs.ensure(org)).apiKey;
  return {
    baseUrl,
    keyFor: (org) => {
      const key = keys.get(org) ?? makeKey(org);
      keys.set(org, key);
      return key;
    },
    labelOrg: labelWithId,
  };
}

function labelWithId(org: string): string {
  try {
    const id = encodeOrgId(org);
    return id === org ? org : `${org} = ${id}`;
  } catch {
    return org;
  }
}

function readDemoKey(stateDir: string): string {
  const demo = readOrgs(stateDir).find((org) => org.name === "demo");
  if (demo) return demo.apiKey;
  throw new StackError("No API key: give --key, or set HEADRACE_API_KEY.");
}
