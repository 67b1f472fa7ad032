import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ensureCertificate } from "@headrace/emulators/kit/certificate/certificate.ts";
import { localIdentity } from "@headrace/emulators/managed-identity/identity.ts";
import { ensureTokenKeys } from "@headrace/emulators/managed-identity/token-keys.ts";
import { keyVaultArgs, scriptOf } from "../local/launcher/specify.ts";
import { startInForeground } from "./run-in-foreground.ts";

export interface KeyVaultAlone {
  readonly port: number;
  readonly identityPort: number;
  /** Folder of the secrets, the certificate and the token keys. */
  readonly data: string;
  readonly fresh: boolean;
}

/** The vault and the endpoint that gives tokens for it; either ends with the other. */
export async function runKeyVault({ data, port, identityPort, fresh }: KeyVaultAlone): Promise<number> {
  if (fresh)
    for (const folder of ["secrets", "certificate", "managed-identity"])
      rmSync(join(data, folder), { recursive: true, force: true });
  const identityData = join(data, "managed-identity");
  const tokenKeys = await ensureTokenKeys(identityData);
  const certificate = await ensureCertificate(join(data, "certificate"));
  const header = randomUUID();
  const vault = startInForeground(keyVaultArgs(String(port), join(data, "secrets"), { certificate, tokenKeys }));
  const identity = startInForeground(
    [scriptOf("managed-identity"), "--port", String(identityPort), "--data", identityData],
    { IDENTITY_HEADER: header },
  );
  void Promise.all([vault.ready, identity.ready]).then(([{ endpoint }, { endpoint: identityEndpoint }]) => {
    const settings = {
      KEY_VAULT_URL: endpoint,
      IDENTITY_ENDPOINT: identityEndpoint,
      IDENTITY_HEADER: header,
      NODE_EXTRA_CA_CERTS: certificate.ca,
    };
    process.stdout.write(describeKeyVault(settings, data));
  });
  const code = await Promise.race([vault.ended, identity.ended]);
  for (const { child } of [vault, identity]) child.kill("SIGTERM");
  const codes = await Promise.all([vault.ended, identity.ended]);
  return code === 0 ? Math.max(...codes) : code;
}

/** Settings to paste into a shell, and a client that needs nothing else. */
function describeKeyVault(settings: Readonly<Record<string, string>>, data: string): string {
  const lines = Object.entries(settings).map(([name, value]) => `  export ${name}='${value}'`);
  return `The Key Vault emulator is ready at ${settings.KEY_VAULT_URL}

${lines.join("\n")}

  new SecretClient(process.env.KEY_VAULT_URL, new ManagedIdentityCredential(), { disableChallengeResourceVerification: true })

The identity's client id is ${localIdentity.clientId}. Data in ${data}. Ctrl-C stops it.
How it differs from Azure: local/emulators/key-vault/README.md
`;
}
