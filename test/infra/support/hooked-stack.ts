import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import type { State } from "../../../infra/plan/engine/registration.ts";
import { type Run, runProgram } from "../../../infra/plan/run-program.ts";
import { createConnections } from "./arm-connections.ts";
import { type Part, startArmServer } from "./arm-server.ts";
import { createSite } from "./arm-site.ts";
import { createSubscription } from "./arm-subscription.ts";
import { APP_ID } from "./arm-world.ts";
import { createBlobHost } from "./blob-host.ts";
import { makePackage } from "./make-zip.ts";

const hooks = fileURLToPath(new URL("../../../infra/arm/hooks.ts", import.meta.url));
const url = "https://releases.example.com/headrace.zip";

/** An Azure of ours for one test, and the program `hooked` that is run on it again and again. */
export async function startHookedStack(folder: string) {
  const subscription = createSubscription("00000000-0000-4000-8000-000000000000");
  const connections = createConnections(APP_ID);
  const blobs = createBlobHost("stpkgheadrace.blob.core.windows.net");
  let bundle = makePackage("0.2.0+aaaa");
  const fetchPackage = (uri: string) => (uri === url ? bundle : blobs.read(uri, Date.now()));
  const site = createSite({ appId: APP_ID, fetchPackage });
  const releases: Part = ({ host }) => (host === new URL(url).host ? { status: 200, body: bundle } : undefined);
  const server = await startArmServer([subscription.part, connections.part, blobs.part, site.part, releases]);
  onTestFinished(() => server.close());

  let offered = "0.2.0+aaaa";
  const release = () => ({ version: offered.split("+")[0], sha256: createHash("sha256").update(bundle).digest("hex") });
  let state: State = {};
  const run = async (config: Readonly<Record<string, unknown>> = {}, preview = false): Promise<Run> => {
    const values = { memoryMb: 2048, release: { ...release(), url }, ...config };
    const environment = { arm: { url: server.url }, env: { HOOKS: hooks } };
    const done = await runProgram({ stack: "dev", preview, state, folder, config: asConfig(values), ...environment });
    state = done.state;
    return done;
  };
  return {
    ...{ subscription, connections, site, server, run },
    offer: (version: string): void => {
      offered = version;
      bundle = makePackage(version);
    },
    /** The release as a file, as the configuration names one. */
    asFile: async () => {
      const file = join(folder, "headrace.zip");
      await writeFile(file, bundle);
      return { ...release(), upload: { file } };
    },
    /** The last names of what was written, in order. */
    writes: () => server.asked.filter(({ method }) => method !== "GET").map(({ path }) => path.split("/").at(-1)),
  };
}

function asConfig(values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [
      `hooked:${key}`,
      typeof value === "string" ? value : JSON.stringify(value),
    ]),
  );
}

/** `beforeCreate publish`, and whether it failed. */
export function deedsOf({ hookRuns }: Run): string[] {
  return hookRuns.map(({ event, hook, error }) => `${event} ${hook}${error === undefined ? "" : " failed"}`);
}

/** What stands in the state as done. */
export function marksOf({ state }: Run): string[] {
  const all = Object.values(state).map(({ registration }) => registration);
  return all.filter(({ type }) => type === "pulumi:index:Stash").map(({ name }) => name);
}

/** Everything that the operator got to read. */
export function saidBy({ logs, printed }: Run): string {
  return [...logs.map((log) => log.message), printed].join("\n");
}
