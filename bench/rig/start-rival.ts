import { join } from "node:path";
import process from "node:process";
import { type Child, spawnChild } from "../../local/launcher/child.ts";
import type { Rig } from "./rig.ts";

export interface RunningRival {
  readonly baseUrl: string;
  readonly pid: number;
}

/** Starts a bare server of `bench/rivals`. */
export async function startRival(rig: Rig, name: "bare" | "necessary"): Promise<RunningRival> {
  const child = spawnChild({
    name,
    nodeArgs: [join(import.meta.dirname, "../rivals", `${name}.ts`)],
    env: { PATH: process.env.PATH ?? "" },
    logFile: join(rig.makeDir(), `${name}.log`),
    parseReady: (line) => (line.startsWith("{") ? (JSON.parse(line) as { baseUrl: string }) : undefined),
  });
  rig.onClose(() => end(child));
  const { baseUrl = "" } = await child.ready;
  return { baseUrl, pid: child.pid };
}

/** Also one that is stopped (SIGSTOP) ends. */
export async function end(child: Child): Promise<void> {
  child.signal("SIGTERM");
  child.signal("SIGCONT");
  const timer = setTimeout(() => child.signal("SIGKILL"), 10_000);
  await child.exited;
  clearTimeout(timer);
}
