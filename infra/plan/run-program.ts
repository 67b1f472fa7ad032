import { fileURLToPath } from "node:url";
import type { Change } from "./engine/changes.ts";
import type { HookRun } from "./engine/hooks.ts";
import { runLanguageRuntime } from "./engine/language-runtime.ts";
import type { Log } from "./engine/log.ts";
import type { Registration, State } from "./engine/registration.ts";
import { startEngine } from "./engine/start-engine.ts";
import type { Properties } from "./engine/values.ts";
import { readProject } from "./stack-file.ts";

export interface RunOptions {
  readonly stack: string;
  /** Over what the stack's file says: `{"headrace:zones": "false"}`. Objects are JSON. */
  readonly config?: Readonly<Record<string, string>>;
  /** A preview knows no outputs of what is not there yet, and runs no hooks. */
  readonly preview: boolean;
  /** What an earlier run left; without it nothing is there yet. */
  readonly state?: State;
  /** Where hooks find ARM instead of Azure. Without it hooks are recorded, and none is called. */
  readonly arm?: { readonly url: string };
  /** More of the program's environment. */
  readonly env?: Readonly<Record<string, string>>;
  /** The folder of the program; Headrace's own by default. */
  readonly folder?: string;
}

export interface Run {
  /** What the program asked for, in this order. The first is the stack itself. */
  readonly registrations: readonly Registration[];
  /** What happened to each, or would. */
  readonly changes: readonly Change[];
  readonly hookRuns: readonly HookRun[];
  /** The stack's outputs. */
  readonly outputs: Properties;
  readonly logs: readonly Log[];
  /** What the program wrote to stdout and stderr. */
  readonly printed: string;
  /** 0 only if the program ended well and everything that it asked for was done. */
  readonly exitCode: number;
  /** For the next run. A preview leaves the one that it was given. */
  readonly state: State;
}

const headrace = fileURLToPath(new URL("../", import.meta.url));
/** Nobody's: what a program learns of who deploys. */
const deployer = {
  tenantId: "11111111-1111-4111-8111-111111111111",
  objectId: "22222222-2222-4222-8222-222222222222",
  clientId: "33333333-3333-4333-8333-333333333333",
  token: "token-of-the-plan",
};

/**
 * Runs the program in Pulumi's own language runtime against an engine of ours: without `pulumi`, a provider or Azure.
 */
export async function runProgram(options: RunOptions): Promise<Run> {
  const { stack, preview, folder = headrace } = options;
  const project = await readProject(folder, stack);
  const config = { ...project.config, ...options.config };
  const subscriptionId = config["azure-native:subscriptionId"] ?? "00000000-0000-4000-8000-000000000000";
  const engine = await startEngine({
    project: project.name,
    stack,
    preview,
    callHooks: options.arm !== undefined,
    state: options.state ?? {},
    subscriptionId,
    deployer: { subscriptionId, ...deployer },
  });
  try {
    const program = await runLanguageRuntime({
      folder,
      project: project.name,
      stack,
      engine: engine.address,
      preview,
      config,
      secretKeys: project.secretKeys.filter((key) => options.config?.[key] === undefined),
      env: { ...(options.arm ? { HEADRACE_ARM_URL: options.arm.url } : {}), ...options.env },
    });
    const { registrations, changes, hookRuns, logs, outputs } = engine.deployment.recorded;
    const failed = logs.some(({ severity }) => severity === "error");
    return {
      registrations,
      changes,
      hookRuns,
      logs,
      outputs: outputs.get(registrations[0]?.urn ?? "") ?? {},
      printed: program.printed,
      exitCode: program.exitCode === 0 && failed ? 1 : program.exitCode,
      state: engine.deployment.state(),
    };
  } finally {
    engine.close();
  }
}
