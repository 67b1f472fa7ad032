import { Console } from "node:console";
import process from "node:process";
import { parseArgs } from "node:util";
import { type FunctionsHostOptions, startFunctionsHost } from "@headrace/emulators/functions-host/host.ts";
import { SHUT_DOWN_CODE } from "@headrace/emulators/functions-host/shut-down-code.ts";
import { readInteger, readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { createHostGate } from "../faults/host-gate.ts";
import { onIdentityHeader } from "../identity-header.ts";
import { defaultPorts } from "../ports.ts";

const OPTIONS = {
  app: { type: "string" },
  port: { type: "string", default: String(defaultPorts["functions-host"]) },
  /** Bytes of the longest body that a function gets. Default: as long as the real host takes. */
  "max-body": { type: "string" },
  /** Seconds, see `Timings` (functions-host/listener.ts). */
  "queue-lease": { type: "string" },
  "queue-retry": { type: "string" },
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
type TimingFlag = "queue-lease" | "queue-retry" | "ownership" | "drain";

function parseTimings(values: Readonly<Partial<Record<TimingFlag, string>>>): Timings {
  const given = {
    queueLeaseMs: parseSeconds("queue-lease", values["queue-lease"]),
    queueRetryMs: parseSeconds("queue-retry", values["queue-retry"]),
    ownershipMs: parseSeconds("ownership", values.ownership),
    drainMs: parseSeconds("drain", values.drain),
  };
  return Object.fromEntries(Object.entries(given).filter(([, ms]) => ms !== undefined));
}

// Stdout is for the one line that says that the host is ready. The app's own output belongs to the log.
globalThis.console = new Console({ stdout: process.stderr, stderr: process.stderr });

onIdentityHeader((header) => {
  process.env.IDENTITY_HEADER = header;
});

/** Not an argument, which every process can read, and not a setting of the app. */
const adminKey = process.env.HOST_ADMIN_KEY;
delete process.env.HOST_ADMIN_KEY;

await serve("functions-host", async () => {
  const { values } = parseArgs({ options: OPTIONS });
  const faults = createFaultSource(6);
  obeyParent(faults);
  const host = await startFunctionsHost({
    appDir: requireFlag("--app", values.app, "the folder of the function app"),
    port: readPort(values.port),
    timings: parseTimings(values),
    maxBodyBytes:
      values["max-body"] === undefined
        ? undefined
        : readInteger("--max-body", values["max-body"], 0, Number.MAX_SAFE_INTEGER),
    adminKey,
    gate: createHostGate(faults),
    endProcess: () => process.exit(SHUT_DOWN_CODE),
  });
  return {
    ready: { ready: true, baseUrl: host.baseUrl, functions: host.functions },
    close: () => host.stop(),
  };
});
