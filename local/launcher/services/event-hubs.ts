import { parseArgs } from "node:util";
import type { HubSpec } from "@headrace/emulators/event-hubs/hub-layout.ts";
import { startEventHubsEmulator } from "@headrace/emulators/event-hubs/server.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { readTlsFlags, type TlsOptions, tlsFlags } from "@headrace/emulators/kit/tls-flags.ts";
import { createEventHubsFaults } from "../faults/event-hubs-faults.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { countEventHubsUsage } from "../usage/event-hubs-usage.ts";
import { answerParent, createUsageCounter } from "../usage/usage-counter.ts";

const USAGE = "usage: main.ts --port N --data DIR|:memory: [--hub name:partitions[:group,group]]... [--fresh]";

await serve("event-hubs", async () => {
  const options = readFlags();
  const faults = createFaultSource(2);
  obeyParent(faults);
  const usage = createUsageCounter();
  answerParent(usage);
  const emulator = await startEventHubsEmulator({
    faults: countEventHubsUsage(createEventHubsFaults(faults), usage),
    ...options,
    log: (line) => process.stderr.write(`event-hubs: ${line}\n`),
  });
  const { endpoint, connectionString } = emulator;
  const ready = { ready: true, endpoint, ...(options.disableKeys ? {} : { connectionString }) };
  return { ready, close: () => emulator.close() };
});

interface Flags {
  readonly port: number;
  readonly dataDir: string;
  readonly hubs: HubSpec[];
  readonly fresh: boolean;
  readonly tls?: TlsOptions;
  readonly disableKeys: boolean;
}

function readFlags(): Flags {
  const { values } = parseArgs({
    options: {
      port: { type: "string" },
      data: { type: "string" },
      hub: { type: "string", multiple: true, default: ["events:4"] },
      fresh: { type: "boolean", default: false },
      ...tlsFlags,
    },
  });
  const port = Number(values.port ?? Number.NaN);
  if (!Number.isInteger(port) || port < 0 || port > 65535) throw new Error(`--port must be 0 to 65535. ${USAGE}`);
  if (!values.data) throw new Error(`--data is missing. ${USAGE}`);
  const { data: dataDir, fresh, "disable-keys": disableKeys } = values;
  return { port, dataDir, hubs: values.hub.map(parseHub), fresh, ...readTlsFlags(values), disableKeys };
}

function parseHub(text: string): HubSpec {
  const [, name, partitions, groups] = /^([^:]+):(\d+)(?::(.+))?$/.exec(text) ?? [];
  if (!name) throw new Error(`--hub ${text} is not name:partitions[:group,group]. ${USAGE}`);
  return { name, partitions: Number(partitions), consumerGroups: groups?.split(",") ?? [] };
}
