import { randomUUID } from "node:crypto";
import process from "node:process";
import { parseArgs } from "node:util";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { startManagedIdentity } from "@headrace/emulators/managed-identity/server.ts";
import { ensureTokenKeys } from "@headrace/emulators/managed-identity/token-keys.ts";

const USAGE = "usage: main.ts --port N --data DIR [--lifetime SECONDS]; the header is the variable IDENTITY_HEADER";

await serve("managed-identity", async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "8442" },
      data: { type: "string" },
      lifetime: { type: "string", default: "86400" },
    },
  });
  if (!values.data) throw new Error(`--data is missing. ${USAGE}`);
  const [port, lifetimeSeconds] = [Number(values.port), Number(values.lifetime)];
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port must be 0 to 65535. ${USAGE}`);
  if (!Number.isInteger(lifetimeSeconds) || lifetimeSeconds < 1) throw new Error(`--lifetime is in seconds. ${USAGE}`);
  // Not a flag, which every process of the machine could read.
  const identityHeader = process.env.IDENTITY_HEADER || randomUUID();
  const keys = await ensureTokenKeys(values.data);
  const { endpoint, close } = await startManagedIdentity({ port, keys, header: identityHeader, lifetimeSeconds });
  return { ready: { ready: true, endpoint, identityHeader }, close };
});
