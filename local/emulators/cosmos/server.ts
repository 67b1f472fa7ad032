import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { TlsOptions } from "../kit/tls-flags.ts";
import { createTokenVerifier } from "../managed-identity/verify-token.ts";
import { createAuthentication, isCosmosAudience } from "./authenticate.ts";
import { createDispatch, type Dispatch } from "./dispatch.ts";
import { CosmosError } from "./errors.ts";
import { type Gate, nameOperation, type RequestRecord } from "./gate.ts";
import { createDocumentHandler, type HandleDocuments } from "./handle-documents.ts";
import { describeError, respond } from "./responses.ts";
import { createCatalog } from "./store/catalog.ts";
import { openStore, type Store } from "./store/database.ts";
import { startPurging } from "./store/purge.ts";

/** The key that every emulator of Cosmos DB has. https://learn.microsoft.com/azure/cosmos-db/emulator#authentication */
export const EMULATOR_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

export interface CosmosEmulatorOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly host?: "127.0.0.1";
  /** A folder, made if it is not there, or `:memory:`. */
  readonly dataDir: string;
  /** Base64. */
  readonly key?: string;
  /** Serve over TLS, and take access tokens. Default: plain HTTP, keys only. */
  readonly tls?: TlsOptions;
  /** Refuse keys, as an account with `disableLocalAuth` does. Default: false. */
  readonly disableKeys?: boolean;
  /** Physical partitions of every container. Default 3: one would hide how the SDK merges. */
  readonly partitionRanges?: number;
  /** Forget what the folder holds. */
  readonly fresh?: boolean;
  /** Milliseconds since 1970, for `_ts` and expiry. */
  readonly now?: () => number;
  /** Where faults are injected. */
  readonly gate?: Gate;
  /** Asked before each write of a document; while it says yes, what needs more room on the disk fails. */
  readonly isDiskFull?: () => boolean;
  /** Told of every request after it was answered. */
  readonly onRequest?: (record: RequestRecord) => void;
}

export interface CosmosEmulator {
  /** `http://127.0.0.1:8081`, or https over TLS. */
  readonly endpoint: string;
  readonly key: string;
  close(): Promise<void>;
}

/** More than any request may hold, so that what is too large gets an answer and not a broken connection. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
/** Longer than clients keep idle connections, so that none is closed while a request is on its way. */
const KEEP_ALIVE_MS = 120_000;

/** @throws when the port is taken, or the folder is in use or cannot be written */
export async function startCosmosEmulator(options: CosmosEmulatorOptions): Promise<CosmosEmulator> {
  const { now = Date.now, key = EMULATOR_KEY, host = "127.0.0.1" } = options;
  let port = 0;
  const isAudience = (audience: string): boolean => isCosmosAudience(audience, port);
  const verify = options.tls && (await createTokenVerifier(options.tls.tokenKeys, { isAudience, now }));
  const store = openStore(options.dataDir, options.fresh ?? false);
  const catalog = createCatalog(store, { partitionRanges: options.partitionRanges ?? 3, now });
  const dispatch = createDispatch({
    authenticate: createAuthentication({ key: options.disableKeys ? undefined : key, verify }),
    scheme: options.tls ? "https" : "http",
    catalog,
    handleDocuments: limitDisk(createDocumentHandler({ store, now }), store, options.isDiskFull),
    onFailure: (error) => console.error("cosmos:", error),
    ...(options.gate ? { gate: options.gate } : {}),
    ...(options.onRequest ? { onRequest: options.onRequest } : {}),
  });
  const server = await openServer(options, (request, response) => void serveRequest(dispatch, request, response));
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  try {
    await listen(server, options.port, host);
  } catch (error) {
    store.close();
    throw error;
  }
  port = (server.address() as AddressInfo).port;
  const stopPurging = startPurging(catalog, now);
  return {
    endpoint: `${options.tls ? "https" : "http"}://${host}:${port}`,
    key,
    async close() {
      stopPurging();
      await closeServer(server);
      store.close();
    },
  };
}

async function openServer({ tls }: CosmosEmulatorOptions, onRequest: RequestListener): Promise<Server> {
  if (!tls) return createServer(onRequest);
  const [cert, key] = await Promise.all([readFile(tls.certificate.cert), readFile(tls.certificate.key)]);
  return createTlsServer({ cert, key }, onRequest);
}

const WRITES = new Set(["create", "upsert", "replace", "patch", "batch", "bulk"]);

function limitDisk(handle: HandleDocuments, store: Store, isFull: (() => boolean) | undefined): HandleDocuments {
  if (!isFull) return handle;
  return (request, route, open) => {
    if (WRITES.has(nameOperation(request, route))) store.setFull(isFull());
    return handle(request, route, open);
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}

/** Idle connections end at once, requests under way are answered first, but not waited for longer than this. */
const CLOSE_MS = 2_000;

function closeServer(server: Server): Promise<void> {
  return new Promise((resolve) => {
    const forced = setTimeout(() => server.closeAllConnections(), CLOSE_MS);
    server.close(() => {
      clearTimeout(forced);
      resolve();
    });
    server.closeIdleConnections();
  });
}

async function serveRequest(dispatch: Dispatch, request: IncomingMessage, response: ServerResponse): Promise<void> {
  try {
    const body = await readBody(request);
    const answer =
      body === undefined
        ? respond(describeError(new CosmosError(413, "Request size is too large.")), "")
        : await dispatch({
            method: request.method ?? "GET",
            path: request.url ?? "/",
            headers: request.headers as Readonly<Record<string, string | undefined>>,
            body,
          });
    if (answer === "lost") return void request.socket.destroy();
    const bytes = Buffer.from(answer.body);
    response.writeHead(answer.status, { ...answer.headers, "content-length": bytes.length });
    response.end(bytes);
  } catch {
    // The client went away while it was sending.
    request.socket.destroy();
  }
}

/** @returns undefined when it is too large; it is read to its end all the same, so that the answer is seen */
async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= MAX_REQUEST_BYTES) chunks.push(chunk);
  }
  return size <= MAX_REQUEST_BYTES ? Buffer.concat(chunks).toString() : undefined;
}
