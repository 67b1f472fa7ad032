import type { CertificateFiles } from "./certificate/certificate.ts";

/** How an emulator serves over TLS, and which access tokens it takes then. */
export interface TlsOptions {
  readonly certificate: Pick<CertificateFiles, "cert" | "key">;
  /** File of the key set (JWKS) that access tokens are verified with. */
  readonly tokenKeys: string;
}

/** The flags for it. */
export const tlsFlags = {
  "tls-cert": { type: "string" },
  "tls-key": { type: "string" },
  "token-keys": { type: "string" },
  "disable-keys": { type: "boolean", default: false },
} as const;

/** @throws Error when only some are given */
export function readTlsFlags(values: { readonly [flag in keyof typeof tlsFlags]?: string | boolean | undefined }): {
  readonly tls?: TlsOptions;
} {
  const { "tls-cert": cert, "tls-key": key, "token-keys": tokenKeys } = values;
  if (typeof cert === "string" && typeof key === "string" && typeof tokenKeys === "string") {
    return { tls: { certificate: { cert, key }, tokenKeys } };
  }
  if (cert || key || tokenKeys || values["disable-keys"]) {
    throw new Error("--tls-cert, --tls-key and --token-keys belong together, and --disable-keys needs them");
  }
  return {};
}
