import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { collectRegistrations } from "@headrace/emulators/functions-host/core-api.ts";
import { createInvoker } from "@headrace/emulators/functions-host/invoke.ts";

/**
 * The Functions worker's part of an instance's start, and no more: loads the app, has it register its functions, runs
 * one invocation. The host's own start is left out: in Azure it is another process, which is there before.
 *
 * Called with the app's folder and an API key; says `registered` and `answered <status>` on stdout.
 */
const [appDir = "", apiKey = ""] = process.argv.slice(2);
const { main } = JSON.parse(readFileSync(join(appDir, "package.json"), "utf8")) as { main: string };

const registrations = await collectRegistrations(
  () => import(pathToFileURL(join(appDir, main)).href),
  () => undefined,
);
process.stdout.write("registered\n");

const registered = registrations.functions.find(({ metadata }) => metadata.name === "ingest-events");
if (!registered) throw new Error("the app has no function called ingest-events");
const { metadata, callback } = registered;
const bindings = Object.entries(metadata.bindings);
const [bindingName = "", binding] = bindings.find(([, { type }]) => type.toLowerCase() === "httptrigger") ?? [];
if (!binding) throw new Error("ingest-events has no HTTP trigger");
const { invoke } = createInvoker(registrations, {
  log: () => undefined,
  timeoutMs: Number.POSITIVE_INFINITY,
  killWorker: () => undefined,
});
const bytes = Buffer.from(JSON.stringify([{ event_id: `cold-${process.pid}`, event_type: "started" }]));
const header = (value: string): { value: string } => ({ value });
const answer = await invoke(
  {
    ...{ name: metadata.name, trigger: "http", bindingName, binding, metadata, callback },
    ...{ retry: undefined, disabled: false },
  },
  {
    input: {
      http: {
        method: "POST",
        url: "http://127.0.0.1/api/v1/events",
        nullableHeaders: {
          authorization: header(`Bearer ${apiKey}`),
          "content-type": header("application/json"),
          "content-length": header(String(bytes.length)),
        },
        nullableQuery: {},
        nullableParams: {},
        body: { bytes },
      },
    },
  },
);
process.stdout.write(`answered ${answer?.http?.statusCode}\n`);
// The parent ends this process when it has taken the time. A compile cache is written only by an orderly end.
process.on("SIGTERM", () => process.exit(0));
setInterval(() => undefined, 60_000);
