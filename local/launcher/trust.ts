import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type CertificateFiles, ensureCertificate } from "@headrace/emulators/kit/certificate/certificate.ts";
import { trustCertificate } from "@headrace/emulators/kit/certificate/trust.ts";
import { ensureTokenKeys, type TokenKeyFiles } from "@headrace/emulators/managed-identity/token-keys.ts";
import { StackError } from "./stack-error.ts";
import { readAdminKey, readOpenidSecret } from "./state.ts";

/** The secrets and files by which the local services and their clients trust each other. */
export interface Trust {
  readonly certificate: CertificateFiles;
  readonly tokenKeys: TokenKeyFiles;
  /** Only a caller that sends it gets tokens. It is new at every start, as in App Service. */
  readonly identityHeader: string;
  /** The credentials that the product and the local OpenID provider share. */
  readonly openidSecret: string;
  /** Only a caller that sends it makes the Functions host do something by `/admin/…`. */
  readonly adminKey: string;
}

/** Makes what the state folder lacks, and makes this process trust the certificate, before any service starts. */
export async function prepareTrust(stateDir: string): Promise<Trust> {
  const [certificate, tokenKeys] = await Promise.all([
    ensureCertificate(join(stateDir, "certificate")),
    ensureTokenKeys(join(stateDir, "managed-identity")),
  ]).catch((error: unknown): never => {
    throw new StackError(error instanceof Error ? error.message : String(error));
  });
  trustCertificate(certificate.ca);
  return {
    certificate,
    tokenKeys,
    identityHeader: randomUUID(),
    openidSecret: readOpenidSecret(stateDir),
    adminKey: readAdminKey(stateDir),
  };
}
