import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";

const trusted = new Set<string>();

/**
 * Makes this process trust the local services' certificate, as `NODE_EXTRA_CA_CERTS` does for a process that is still
 * to start.
 */
export function trustCertificate(caFile: string): void {
  const ca = readFileSync(caFile, "utf8");
  if (trusted.has(ca)) return;
  trusted.add(ca);
  setDefaultCACertificates([...getCACertificates("default"), ca]);
}
