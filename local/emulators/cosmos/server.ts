import { HOST } from "../kit/listen.ts";
import { type HttpAnswer, serveHttp } from "../kit/serve-http.ts";
import type { TlsOptions } from "../kit/tls-flags.ts";
import { createTokenVerifier } from "../managed-identity/verify-token.ts";
import { createAuthentication, isCosmosAudience } from "./authenticate.ts";
import type { ConsistencyLevel } from "./consistency.ts";
import { createDispatch } from "./dispatch.ts";
import { CosmosError } from "./errors.ts";
import { type CosmosGate, nameOperation } from "./gate.ts";
import { createDocumentHandler, type HandleDocuments } from "./handle-documents.ts";
import { limitThroughput, type ThroughputLimit } from "./limit-throughput.ts";
import { keepSessions, type ReplicaLag } from "./replicas/keep-sessions.ts";
import { describeError, respond } from "./responses.ts";
import type { RoleAssignment } from "./roles.ts";
import { createCatalog } from "./store/catalog.ts";
import { openStore, type Store } from "./store/database.ts";
import { startPurging } from "./store/purge.ts";

/** The key that every emulator of Cosmos DB has. https://learn.microsoft.com/azure/cosmos-db/emulator#authentication */
export const EMULATOR_KEY = "C2y6yDjf5/R+ob0N8A7Cgv30VRDJIWEHLM+4QDU5DE2nQ9nDuVTqobD4b8mGGyPMbIZnqyMsEcaGQy67XIw/Jw==";

export interface CosmosEmulatorOptions {
  /** 0 takes any free one. */
  readonly port: number;
  /** A folder, made if it is not there, or `:memory:`. */
  readonly dataDir: string;
  /** Base64. */
  readonly key?: string;
  /** Serve over TLS, and take access tokens. Default: plain HTTP, keys only. */
  readonly tls?: TlsOptions;
  /** Refuse keys, as an account with `disableLocalAuth` does. Default: false. */
  readonly disableKeys?: boolean;
  /** What access tokens allow; asked at each request. Default: everything with documents. */
  readonly roles?: () => readonly RoleAssignment[];
  /** The account's default level; asked at each request. Default: Session. */
  readonly consistency?: () => ConsistencyLevel;
  /** The name, without port, that the account tells clients for its region. Default: the one that they came by. */
  readonly regionalHost?: string;
  /** Physical partitions of every container. Default 3: one would hide how the SDK merges. */
  readonly partitionRanges?: number;
  /** Forget the contents of the folder. */
  readonly fresh?: boolean;
  /** Milliseconds since 1970, for `_ts` and expiry. */
  readonly now?: () => number;
  /** Where faults are injected and requests are watched. */
  readonly gate?: CosmosGate;
  /** Asked before each write of a document. While it says yes, writes that need more room on the disk fail. */
  readonly isDiskFull?: () => boolean;
  /** What each physical partition may spend. Default: as much as it likes. */
  readonly throughput?: ThroughputLimit;
  /** A second replica of every container, which lags. Default: one replica. */
  readonly lag?: ReplicaLag;
}

export interface CosmosEmulator {
  /** `http://127.0.0.1:8081`, or https over TLS. */
  readonly endpoint: string;
  readonly key: string;
  close(): Promise<void>;
}

/** More than any request may hold, so that a body that is too large gets an answer, not a broken connection. */
const MAX_REQUEST_BYTES = 8 * 1024 * 1024;
const tooLarge: HttpAnswer = respond(describeError(new CosmosError(413, "Request size is too large.")), "");
/** Longer than a request under way takes. */
const CLOSE_MS = 2_000;

/** @throws when the port is taken, or the folder is in use or cannot be written */
export async function startCosmosEmulator(options: CosmosEmulatorOptions): Promise<CosmosEmulator> {
  const { now = Date.now, key = EMULATOR_KEY, tls, gate = {} } = options;
  let port = 0;
  const isAudience = (audience: string): boolean => isCosmosAudience(audience, port);
  const verify = tls && (await createTokenVerifier(tls.tokenKeys, { isAudience, now }));
  const store = openStore(options.dataDir, options.fresh ?? false);
  const catalog = createCatalog(store, { partitionRanges: options.partitionRanges ?? 3, now });
  const scheme = tls ? "https" : "http";
  const handleDocuments = limitDisk(createDocumentHandler({ store, now }), store, options.isDiskFull);
  const dispatch = createDispatch({
    authenticate: createAuthentication({
      key: options.disableKeys ? undefined : key,
      verify,
      roles: options.roles,
    }),
    scheme,
    regionalHost: options.regionalHost,
    consistency: options.consistency ?? (() => "Session"),
    catalog,
    handleDocuments: limitThroughput(keepSessions(handleDocuments, options.lag), options.throughput),
    gate,
    onFailure: (error) => console.error("cosmos:", error),
  });
  const http = { port: options.port, certificate: tls?.certificate, maxBodyBytes: MAX_REQUEST_BYTES, tooLarge };
  const service = await serveHttp(dispatch, http).catch((error: unknown) => {
    store.close();
    throw error;
  });
  port = service.port;
  const stopPurging = startPurging(catalog, now);
  return {
    endpoint: `${scheme}://${HOST}:${port}`,
    key,
    async close() {
      stopPurging();
      await service.close(CLOSE_MS);
      store.close();
    },
  };
}

const WRITES = new Set(["create", "upsert", "replace", "patch", "batch", "bulk"]);

function limitDisk(handle: HandleDocuments, store: Store, isFull: (() => boolean) | undefined): HandleDocuments {
  if (!isFull) return handle;
  return (request, open) => {
    if (WRITES.has(nameOperation(request))) store.setFull(isFull());
    return handle(request, open);
  };
}
