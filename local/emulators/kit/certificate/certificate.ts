import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writePrivateFile } from "./private-file.ts";

/** Paths of PEM files, readable by their owner only. */
export interface CertificateFiles {
  /** The authority of the certificate: clients are told to trust it, by `NODE_EXTRA_CA_CERTS`. */
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const LIFETIME_MS = 365 * DAY_MS;
/** Renewed this long before it expires, so that a product that runs for weeks does not reach the end. */
const RENEW_MS = 60 * DAY_MS;

/**
 * The TLS certificate of the local services, for `localhost` and 127.0.0.1. It is made on this machine when the folder
 * has none, or when it is about to expire, is not valid yet or does not fit its key or its authority. It comes from an
 * authority of its own, whose private key is never written. Nothing else can be signed in its name, so trusting it
 * trusts these two names only.
 */
export async function ensureCertificate(folder: string, now: () => number = Date.now): Promise<CertificateFiles> {
  const files = {
    ca: join(folder, "ca.pem"),
    cert: join(folder, "localhost.pem"),
    key: join(folder, "localhost-key.pem"),
  };
  if (await isGood(files, now())) return files;
  // Loaded only when there is something to make: a start that finds its certificate should not wait for the library.
  const { mintCertificate } = await import("./mint-certificate.ts");
  const minted = await mintCertificate(now(), LIFETIME_MS);
  await writePrivateFile(files.ca, minted.ca);
  await writePrivateFile(files.cert, minted.cert);
  await writePrivateFile(files.key, minted.key);
  return files;
}

/** By the files themselves: one may be missing or of another time, after a crash in the middle or by hand. */
async function isGood(files: CertificateFiles, now: number): Promise<boolean> {
  try {
    const [ca, cert, key] = await Promise.all([files.ca, files.cert, files.key].map((file) => readFile(file)));
    if (!ca || !cert || !key) return false;
    const [authority, leaf] = [new X509Certificate(ca), new X509Certificate(cert)];
    return (
      leaf.validFromDate.getTime() <= now &&
      leaf.validToDate.getTime() - now > RENEW_MS &&
      leaf.verify(authority.publicKey) &&
      leaf.checkPrivateKey(createPrivateKey(key))
    );
  } catch {
    // Missing, or damaged.
    return false;
  }
}
