import { Console } from "node:console";
import process from "node:process";
import { parseArgs } from "node:util";
import { startFunctionsHost } from "@headrace/emulators/functions-host/host.ts";
import { HostError } from "@headrace/emulators/functions-host/host-error.ts";
import type { Timings } from "@headrace/emulators/functions-host/listener.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";

const OPTIONS = {
  app: { type: "string" },
  port: { type: "string", default: "7071" },
  /** Seconds, see `Timings`. */
  "queue-lease": { type: "string" },
  ownership: { type: "string" },
  drain: { type: "string" },
} as const;

function parseSeconds(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const seconds = Number(text);
  if (seconds > 0) return seconds * 1000;
  throw new HostError(`--${name} must be a number of seconds, not '${text}'.`);
}

function parsePort(text: string): number {
  const port = Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new HostError(`--port must be between 0 and 65535, not '${text}'.`);
}

function parseTimings(values: { "queue-lease"?: string; ownership?: string; drain?: string }): Partial<Timings> {
  const queueLeaseMs = parseSeconds("queue-lease", values["queue-lease"]);
  const ownershipMs = parseSeconds("ownership", values.ownership);
  const drainMs = parseSeconds("drain", values.drain);
  return { ...(queueLeaseMs && { queueLeaseMs }), ...(ownershipMs && { ownershipMs }), ...(drainMs && { drainMs }) };
}

// Stdout is for the one line that says that the host is ready; what the app prints belongs to the log.
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });

await serve("functions-host", async () => {
  const { values } = parseArgs({ options: OPTIONS });
  if (!values.app) throw new HostError("--app must name the folder of the function app.");
  const host = await startFunctionsHost({
    appDir: values.app,
    port: parsePort(values.port),
    timings: parseTimings(values),
  });
  return {
    ready: { ready: true, baseUrl: host.baseUrl, functions: host.functions },
    close: () => host.stop(),
  };
});
