import { Console } from "node:console";
import process from "node:process";
import { parseArgs } from "node:util";
import { type FunctionsHostOptions, startFunctionsHost } from "@headrace/emulators/functions-host/host.ts";
import { readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { onIdentityHeader } from "../identity-header.ts";
import { defaultPorts } from "../ports.ts";

const OPTIONS = {
  app: { type: "string" },
  port: { type: "string", default: String(defaultPorts["functions-host"]) },
  /** Seconds, see `Timings` (functions-host/listener.ts). */
  "queue-lease": { type: "string" },
  ownership: { type: "string" },
  drain: { type: "string" },
} as const;

function parseSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0) return seconds * 1000;
  throw new Error(`--${name} must be a number of seconds, not '${text}'.`);
}

type Timings = NonNullable<FunctionsHostOptions["timings"]>;

function parseTimings(values: { "queue-lease"?: string; ownership?: string; drain?: string }): Timings {
  const queueLeaseMs = parseSeconds("queue-lease", values["queue-lease"]);
  const ownershipMs = parseSeconds("ownership", values.ownership);
  const drainMs = parseSeconds("drain", values.drain);
  return { ...(queueLeaseMs && { queueLeaseMs }), ...(ownershipMs && { ownershipMs }), ...(drainMs && { drainMs }) };
}

// Stdout is for the one line that says that the host is ready. The app's own output belongs to the log.
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });

onIdentityHeader((header) => {
  process.env.IDENTITY_HEADER = header;
});

await serve("functions-host", async () => {
  const { values } = parseArgs({ options: OPTIONS });
  const host = await startFunctionsHost({
    appDir: requireFlag("--app", values.app, "the folder of the function app"),
    port: readPort(values.port),
    timings: parseTimings(values),
  });
  return {
    ready: { ready: true, baseUrl: host.baseUrl, functions: host.functions },
    close: () => host.stop(),
  };
});
