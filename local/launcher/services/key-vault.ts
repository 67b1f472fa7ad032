import { parseArgs } from "node:util";
import { startKeyVaultEmulator } from "@headrace/emulators/key-vault/server.ts";
import { dataFlags, readPort, requireFlag } from "@headrace/emulators/kit/flags.ts";
import { serve } from "@headrace/emulators/kit/serve.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { createKeyVaultGate } from "../faults/key-vault-gate.ts";
import { defaultPorts } from "../ports.ts";

await serve("key-vault", async () => {
  const { values } = parseArgs({
    options: {
      ...dataFlags,
      port: { type: "string", default: String(defaultPorts["key-vault"]) },
      cert: { type: "string" },
      key: { type: "string" },
      "token-keys": { type: "string" },
    },
  });
  const faults = createFaultSource(5);
  obeyParent(faults);
  const { endpoint, close } = await startKeyVaultEmulator({
    port: readPort(values.port),
    dataDir: requireFlag("--data", values.data, "a folder, or :memory:"),
    certificate: {
      cert: requireFlag("--cert", values.cert, "a file of the certificate (PEM)"),
      key: requireFlag("--key", values.key, "a file of its private key (PEM)"),
    },
    tokenKeys: requireFlag("--token-keys", values["token-keys"], "a file of the key set of access tokens"),
    fresh: values.fresh,
    gate: createKeyVaultGate(faults),
  });
  return { ready: { ready: true, endpoint }, close };
});
