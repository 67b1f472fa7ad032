import { randomUUID } from "node:crypto";
import process from "node:process";
import { parseArgs } from "node:util";
import { readInteger, readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { identityFaults } from "@headrace/emulators/managed-identity/faults.ts";
import { startManagedIdentity } from "@headrace/emulators/managed-identity/server.ts";
import { ensureTokenKeys } from "@headrace/emulators/managed-identity/token-keys.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { onIdentityHeader } from "../identity-header.ts";
import { defaultPorts } from "../ports.ts";

await serve("managed-identity", async () => {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: String(defaultPorts["managed-identity"]) },
      data: { type: "string" },
      lifetime: { type: "string", default: "86400" },
    },
  });
  const port = readPort(values.port);
  const lifetimeSeconds = readInteger("--lifetime", values.lifetime, 1, Number.MAX_SAFE_INTEGER);
  // Not as a flag, which every process of the machine could read.
  const header = process.env.IDENTITY_HEADER || randomUUID();
  const keys = await ensureTokenKeys(requireFlag("--data", values.data, "the folder of the token keys"));
  const faults = createFaultSource(6);
  obeyParent(faults);
  const drawFault = () => faults.draw(...identityFaults);
  const identity = await startManagedIdentity({ port, keys, header, lifetimeSeconds, drawFault });
  onIdentityHeader(identity.rotateHeader);
  const { endpoint, close } = identity;
  return { ready: { ready: true, endpoint, identityHeader: header }, close };
});
