import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import type { RequestRecord } from "@headrace/emulators/cosmos/gate.ts";
import { startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { readTlsFlags, tlsFlags } from "@headrace/emulators/kit/tls-flags.ts";
import { createCosmosGate } from "../faults/cosmos-gate.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { FULL_MS } from "../faults/full-disk.ts";
import { createSpell } from "../faults/spell.ts";
import { countCosmosUsage } from "../usage/cosmos-usage.ts";
import { answerParent, createUsageCounter } from "../usage/usage-counter.ts";

await serve("cosmos", async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8081" },
      data: { type: "string" },
      key: { type: "string" },
      "partition-ranges": { type: "string", default: "3" },
      fresh: { type: "boolean", default: false },
      ...tlsFlags,
      "request-log": { type: "string" },
    },
  });
  if (values.data === undefined) throw new Error("--data is missing: a folder, or :memory:");
  const faults = createFaultSource(1);
  obeyParent(faults);
  const usage = createUsageCounter();
  answerParent(usage);
  const emulator = await startCosmosEmulator({
    gate: countCosmosUsage(createCosmosGate(faults), usage),
    isDiskFull: createSpell(faults, "disk-full", FULL_MS),
    port: readInteger("--port", values.port, 0, 65_535),
    dataDir: values.data,
    partitionRanges: readInteger("--partition-ranges", values["partition-ranges"], 1, 100),
    fresh: values.fresh,
    ...(values["request-log"] === undefined ? {} : { onRequest: createRequestLog(values["request-log"]) }),
    ...(values.key === undefined ? {} : { key: values.key }),
    ...readTlsFlags(values),
    disableKeys: values["disable-keys"],
  });
  const { endpoint, key } = emulator;
  const ready = { ready: true, endpoint, ...(values["disable-keys"] ? {} : { key }) };
  return { ready, close: () => emulator.close() };
});

/** One line of JSON a request, written before the answer goes out: who has an answer finds its requests in the file. */
function createRequestLog(path: string): (record: RequestRecord) => void {
  return (record) => appendFileSync(path, `${JSON.stringify(record)}\n`);
}

function readInteger(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new Error(`${flag} is an integer from ${least} to ${most}, not '${text}'`);
}
