import { join } from "node:path";
import { spawnChild } from "../../local/pipeline/child.ts";
import { freePorts, specify } from "../../local/pipeline/services.ts";
import { prepareTrust } from "../../local/pipeline/trust.ts";
import type { Pipeline } from "../../local/pipeline.ts";

export interface SecondHost {
  readonly baseUrl: string;
  stop(): Promise<void>;
}

/** A second instance of the function app on the same services, as scaling out makes one. */
export async function startSecondHost(pipeline: Pipeline, appDir: string): Promise<SecondHost> {
  const { stateDir, env } = pipeline;
  const trust = await prepareTrust(stateDir);
  const spec = specify("functions-host", { stateDir, appDir, ports: freePorts, hostEnv: env, hostArgs: [], trust });
  const child = spawnChild({ ...spec, logFile: join(stateDir, "logs", "second-host.log") });
  const { baseUrl = "" } = await child.ready;
  return {
    baseUrl,
    stop: async () => {
      child.signal("SIGTERM");
      await child.exited;
    },
  };
}
