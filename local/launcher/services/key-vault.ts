import { parseArgs } from "node:util";
import { startKeyVaultEmulator } from "@headrace/emulators/key-vault/server.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { createKeyVaultGate } from "../faults/key-vault-gate.ts";

const USAGE = "usage: main.ts --port N --data DIR --cert FILE --key FILE --token-keys FILE [--fresh]";

await serve("key-vault", async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8443" },
      data: { type: "string" },
      cert: { type: "string" },
      key: { type: "string" },
      "token-keys": { type: "string" },
      fresh: { type: "boolean", default: false },
    },
  });
  const { data: dataDir, cert, key, "token-keys": tokenKeys, fresh } = values;
  if (!dataDir || !cert || !key || !tokenKeys)
    throw new Error(`--data, --cert, --key or --token-keys is missing. ${USAGE}`);
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port must be 0 to 65535. ${USAGE}`);
  const faults = createFaultSource(5);
  obeyParent(faults);
  const gate = createKeyVaultGate(faults);
  const { endpoint, close } = await startKeyVaultEmulator({
    port,
    dataDir,
    tokenKeys,
    fresh,
    gate,
    certificate: { cert, key },
  });
  return { ready: { ready: true, endpoint }, close };
});
