import { readFile } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { CertificateFiles } from "../kit/certificate/certificate.ts";
import { createTokenVerifier } from "../managed-identity/verify-token.ts";
import { VAULT_RESOURCE } from "./authenticate.ts";
import { createDispatch, type Dispatch } from "./dispatch.ts";
import type { Gate } from "./request.ts";
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
  /** Forget what the folder holds. */
  readonly fresh?: boolean;
  /** Milliseconds since 1970, for times of secrets and the expiry of tokens. */
  readonly now?: () => number;
  /** Where faults are injected. */
  readonly gate?: Gate;
}

export interface KeyVaultEmulator {
  /** `https://127.0.0.1:8443` */
  readonly endpoint: string;
  close(): Promise<void>;
}

/** More than a secret may hold, so that one that is too large gets an answer and not a broken connection; a backup holds many versions. */
const MAX_REQUEST_BYTES = 20 * 1024 * 1024;

/** @throws when the port is taken, the folder is in use or cannot be written, or a file is not there */
export async function startKeyVaultEmulator(options: KeyVaultOptions): Promise<KeyVaultEmulator> {
  const { now = Date.now, certificate } = options;
  const [cert, key] = await Promise.all([readFile(certificate.cert), readFile(certificate.key)]);
  const verify = await createTokenVerifier(options.tokenKeys, {
    isAudience: (audience) => audience === VAULT_RESOURCE,
    now,
  });
  const store = openSecretStore(options.dataDir, options.fresh ?? false);
  const dispatch = createDispatch({
    vault: createVault(store, now),
    verify,
    onFailure: (error) => console.error("key-vault:", error),
    ...(options.gate ? { gate: options.gate } : {}),
  });
  const server = createServer({ cert, key }, (request, response) => void serveRequest(dispatch, request, response));
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  }).catch((error: unknown) => {
    store.close();
    throw error;
  });
  return {
    endpoint: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      // An answer takes a millisecond; who is still connected then only waits.
      setTimeout(() => server.closeAllConnections(), 200);
      server.closeIdleConnections();
      await closed;
      store.close();
    },
  };
}

async function serveRequest(dispatch: Dispatch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const answer = await dispatch({
      method: request.method ?? "GET",
      path: request.url ?? "/",
      headers: request.headers as Readonly<Record<string, string | undefined>>,
      body: await readBody(request),
    });
    if (answer === "dropped") return void request.socket.destroy();
    response.writeHead(answer.status, answer.headers);
    response.end(answer.body);
  } catch {
    // The client went away while it was sending.
    request.socket.destroy();
  }
}

/** Cut where it is too large: what is left is not JSON, or a value that is longer than a secret may be. */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    if (size < MAX_REQUEST_BYTES) chunks.push(chunk);
    size += chunk.length;
  }
  return Buffer.concat(chunks).toString();
}
