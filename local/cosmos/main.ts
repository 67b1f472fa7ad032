import { appendFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { createCosmosGate } from "../faults/cosmos-gate.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { serve } from "../serve.ts";
import type { RequestRecord } from "./gate.ts";
import { startCosmosEmulator } from "./server.ts";

await serve("cosmos", async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8081" },
      data: { type: "string" },
      key: { type: "string" },
      "partition-ranges": { type: "string", default: "3" },
      fresh: { type: "boolean", default: false },
      "request-log": { type: "string" },
    },
  });
  if (values.data === undefined) throw new Error("--data is missing: a folder, or :memory:");
  const faults = createFaultSource(1);
  obeyParent(faults);
  const emulator = await startCosmosEmulator({
    gate: createCosmosGate(faults),
    port: readInteger("--port", values.port, 0, 65_535),
    dataDir: values.data,
    partitionRanges: readInteger("--partition-ranges", values["partition-ranges"], 1, 100),
    fresh: values.fresh,
    ...(values["request-log"] === undefined ? {} : { onRequest: createRequestLog(values["request-log"]) }),
    ...(values.key === undefined ? {} : { key: values.key }),
  });
  return { ready: { ready: true, endpoint: emulator.endpoint, key: emulator.key }, close: () => emulator.close() };
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
