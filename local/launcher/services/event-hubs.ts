import process from "node:process";
import { parseArgs } from "node:util";
import type { HubSpec } from "@headrace/emulators/event-hubs/hub-layout.ts";
import { startEventHubsEmulator } from "@headrace/emulators/event-hubs/server.ts";
import { dataFlags, readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { readTlsFlags, tlsFlags } from "@headrace/emulators/kit/tls-flags.ts";
import { createEventHubsFaults } from "../faults/event-hubs-faults.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { countEventHubsUsage } from "../usage/event-hubs-usage.ts";
import { answerParent, createUsageCounter } from "../usage/usage-counter.ts";

await serve("event-hubs", async () => {
  const { values } = parseArgs({
    options: { ...dataFlags, hub: { type: "string", multiple: true, default: ["events:4"] }, ...tlsFlags },
  });
  const { fresh, "disable-keys": disableKeys } = values;
  const faults = createFaultSource(2);
  obeyParent(faults);
  const usage = createUsageCounter();
  answerParent(usage);
  const emulator = await startEventHubsEmulator({
    faults: countEventHubsUsage(createEventHubsFaults(faults), usage),
    port: readPort(values.port),
    dataDir: requireFlag("--data", values.data, "a folder, or :memory:"),
    hubs: values.hub.map(parseHub),
    fresh,
    ...readTlsFlags(values),
    disableKeys,
    log: (line) => process.stderr.write(`event-hubs: ${line}\n`),
  });
  const { endpoint, connectionString } = emulator;
  const ready = { ready: true, endpoint, ...(disableKeys ? {} : { connectionString }) };
  return { ready, close: () => emulator.close() };
});

function parseHub(text: string): HubSpec {
  const [, name, partitions, groups] = /^([^:]+):(\d+)(?::(.+))?$/.exec(text) ?? [];
  if (!name) throw new Error(`--hub ${text} is not name:partitions[:group,group].`);
  return { name, partitions: Number(partitions), consumerGroups: groups?.split(",") ?? [] };
}
