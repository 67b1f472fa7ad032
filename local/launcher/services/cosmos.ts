import { parseArgs } from "node:util";
import { dataContributor } from "@headrace/emulators/cosmos/roles.ts";
import { startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { dataFlags, readInteger, readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { readTlsFlags, tlsFlags } from "@headrace/emulators/kit/tls-flags.ts";
import { databaseName } from "../../../shared/store/containers.ts";
import { createCosmosGate } from "../faults/cosmos-gate.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { FULL_MS } from "../faults/full-disk.ts";
import { createReplicaLag } from "../faults/replica-lag.ts";
import { createSpell } from "../faults/spell.ts";
import { defaultPorts } from "../ports.ts";
import { logCosmosRequests } from "../usage/cosmos-request-log.ts";
import { countCosmosUsage } from "../usage/cosmos-usage.ts";
import { answerParent, createUsageCounter } from "../usage/usage-counter.ts";

/** As infra/ gives it to the app. */
const roles = [{ scope: `/dbs/${databaseName}`, actions: dataContributor }];

await serve("cosmos", async () => {
  const { values } = parseArgs({
    options: {
      ...dataFlags,
      port: { type: "string", default: String(defaultPorts.cosmos) },
      key: { type: "string" },
      "partition-ranges": { type: "string", default: "3" },
      /** Request units that each partition range may spend in a second; 10000 as in Azure. Default: any number. */
      "range-ru": { type: "string" },
      ...tlsFlags,
      "request-log": { type: "string" },
    },
  });
  const { key: ownKey, "request-log": log, "disable-keys": disableKeys, "range-ru": rangeRu, fresh } = values;
  const faults = createFaultSource(1);
  obeyParent(faults);
  const usage = createUsageCounter();
  answerParent(usage);
  const gate = countCosmosUsage(createCosmosGate(faults), usage);
  const emulator = await startCosmosEmulator({
    gate: log === undefined ? gate : logCosmosRequests(gate, log),
    roles: () => roles,
    isDiskFull: createSpell(faults, "disk-full", FULL_MS),
    lag: createReplicaLag(faults),
    port: readPort(values.port),
    dataDir: requireFlag("--data", values.data, "a folder, or :memory:"),
    partitionRanges: readInteger("--partition-ranges", values["partition-ranges"], 1, 100),
    fresh,
    ...(rangeRu !== undefined && { throughput: { ruPerSecond: readInteger("--range-ru", rangeRu, 1, 1_000_000) } }),
    ...(ownKey === undefined ? {} : { key: ownKey }),
    ...readTlsFlags(values),
    disableKeys,
  });
  const { endpoint, key } = emulator;
  return { ready: { ready: true, endpoint, ...(disableKeys ? {} : { key }) }, close: () => emulator.close() };
});
