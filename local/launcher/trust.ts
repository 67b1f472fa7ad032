import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type CertificateFiles, ensureCertificate } from "@headrace/emulators/kit/certificate/certificate.ts";
import { trustCertificate } from "@headrace/emulators/kit/certificate/trust.ts";
import { ensureTokenKeys, type TokenKeyFiles } from "@headrace/emulators/managed-identity/token-keys.ts";
import { readOpenidSecret } from "./state.ts";

/** What lets the local services and their clients believe each other. */
export interface Trust {
  readonly certificate: CertificateFiles;
  readonly tokenKeys: TokenKeyFiles;
  /** Only who sends it gets tokens; new at every start, as App Service has it. */
  readonly identityHeader: string;
  /** What the product and the local OpenID provider know each other by. */
  readonly openidSecret: string;
}

/** Makes what a state folder has none of, and makes this process trust the certificate, before any service starts. */
export async function prepareTrust(stateDir: string): Promise<Trust> {
  const [certificate, tokenKeys] = await Promise.all([
    ensureCertificate(join(stateDir, "certificate")),
    ensureTokenKeys(join(stateDir, "managed-identity")),
  ]);
  trustCertificate(certificate.ca);
  return { certificate, tokenKeys, identityHeader: randomUUID(), openidSecret: readOpenidSecret(stateDir) };
}
