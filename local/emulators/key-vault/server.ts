import type { CertificateFiles } from "../kit/certificate/certificate.ts";
import { HOST } from "../kit/listen.ts";
import { serveHttp } from "../kit/serve-http.ts";
import { createTokenVerifier } from "../managed-identity/verify-token.ts";
import { VAULT_RESOURCE } from "./authenticate.ts";
import { answerError, createDispatch, type KeyVaultGate } from "./dispatch.ts";
import { badParameter } from "./errors.ts";
import { openSecretStore } from "./secret-store.ts";
import { createVault } from "./vault.ts";

export interface KeyVaultOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** A folder, made if it is not there, or `:memory:`. */
  readonly dataDir: string;
  readonly certificate: Pick<CertificateFiles, "cert" | "key">;
  /** File of the key set (JWKS) that access tokens are verified with. */
  readonly tokenKeys: string;
  /** Forget the contents of the folder. */
  readonly fresh?: boolean;
  /** Milliseconds since 1970, for times of secrets and the expiry of tokens. */
  readonly now?: () => number;
  /** How long a deletion and a recovery take, in milliseconds. Default: no time. In Azure they take seconds. */
  readonly changingMs?: number;
  /** Where faults are injected. */
  readonly gate?: KeyVaultGate;
}

export interface KeyVaultEmulator {
  /** `https://127.0.0.1:8443` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/**
 * More than a secret may hold, so that one that is too large gets an answer, not a broken connection. A backup holds
 * many versions.
 */
const MAX_REQUEST_BYTES = 20 * 1024 * 1024;
/** An answer takes a millisecond; a client that is still connected then only waits. */
const CLOSE_MS = 200;

/** @throws when the port is taken, the folder is in use or cannot be written, or a file is not there */
export async function startKeyVaultEmulator(options: KeyVaultOptions): Promise<KeyVaultEmulator> {
  const { now = Date.now, changingMs = 0, port, certificate, gate = {} } = options;
  const isAudience = (audience: string): boolean => audience === VAULT_RESOURCE;
  const verify = await createTokenVerifier(options.tokenKeys, { isAudience, now });
  const store = openSecretStore(options.dataDir, options.fresh ?? false);
  const onFailure = (error: unknown): void => console.error("key-vault:", error);
  const dispatch = createDispatch({ vault: createVault(store, { now, changingMs }), verify, gate, onFailure });
  const tooLarge = answerError(badParameter("The body is too large."));
  const http = { port, certificate, maxBodyBytes: MAX_REQUEST_BYTES, tooLarge };
  const service = await serveHttp(dispatch, http).catch((error: unknown) => {
    store.close();
    throw error;
  });
  return {
    endpoint: `https://${HOST}:${service.port}`,
    close: async () => {
      await service.close(CLOSE_MS);
      store.close();
    },
  };
}
