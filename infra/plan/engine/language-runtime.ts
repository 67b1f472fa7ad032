import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";

const runtime = createRequire(import.meta.url).resolve("@pulumi/pulumi/cmd/run/index.js");
const preload = join(import.meta.dirname, "without-source-maps.cjs");

export interface ProgramRun {
  /** The folder with the program's `index.ts` and `package.json`. */
  readonly folder: string;
  readonly project: string;
  readonly stack: string;
  /** Where the engine listens. */
  readonly engine: string;
  readonly preview: boolean;
  readonly config: Readonly<Record<string, string>>;
  readonly secretKeys: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Runs a program in Pulumi's own language runtime, as `pulumi` does. Resolves to its exit code and what it printed. */
export async function runLanguageRuntime(run: ProgramRun): Promise<{ exitCode: number; printed: string }> {
  const child = spawn(process.execPath, ["--require", preload, runtime, ...argumentsOf(run)], {
    cwd: run.folder,
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      ...process.env,
      ...run.env,
      PULUMI_CONFIG: JSON.stringify(run.config),
      PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(run.secretKeys),
      PULUMI_NODEJS_TYPESCRIPT: "false",
      // Half of a run's time is compiling azure-native.
      NODE_COMPILE_CACHE: join(tmpdir(), "node-compile-cache"),
    },
  });
  let printed = "";
  child.stdout.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const [code] = await once(child, "close");
  return { exitCode: typeof code === "number" ? code : 1, printed };
}

function argumentsOf({ folder, project, stack, engine, preview }: ProgramRun): string[] {
  const flags = {
    monitor: engine,
    engine,
    organization: "organization",
    project,
    stack,
    pwd: folder,
    "root-directory": folder,
    "dry-run": String(preview),
    parallel: "16",
  };
  return [...Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value]), "index.ts"];
}
