import { once } from "node:events";
import { readFile } from "node:fs/promises";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Connection, Container, EventContext } from "rhea";
import { HOST } from "../kit/listen.ts";
import type { TlsOptions } from "../kit/tls-flags.ts";
import { createTokenVerifier } from "../managed-identity/verify-token.ts";
import {
  type Authorization,
  createOpenAuthorization,
  createStrictAuthorization,
  isEventHubsAudience,
} from "./authorization.ts";
import { acceptAnyToken, type CheckToken } from "./claims.ts";
import type { FaultHooks } from "./faults.ts";
import type { HubSpec } from "./hub-layout.ts";
import { openHubs } from "./hubs.ts";
import { MAX_MESSAGE_BYTES } from "./producer-link.ts";
import { serveProtocol } from "./protocol.ts";
import { rhea } from "./rhea-internals.ts";

export interface EventHubsOptions {
  /** 0 takes a free one. */
  readonly port: number;
  /** Folder of the data; ":memory:" keeps nothing after the end. */
  readonly dataDir: string;
  readonly hubs: readonly HubSpec[];
  /** Remove the hubs of an earlier run first. Default false. */
  readonly fresh?: boolean;
  /** Default 7 days. */
  readonly retentionMs?: number;
  /** Milliseconds since the epoch; default the system's clock. */
  readonly now?: () => number;
  /** For shared access signatures. Default: any token is good. */
  readonly checkToken?: CheckToken;
  /** Serve over TLS, take access tokens, and require a token for every link. Default: plain TCP, a link needs none. */
  readonly tls?: TlsOptions;
  /** Refuse shared access signatures, as a namespace with `disableLocalAuth` does; with `tls` only. Default: false. */
  readonly disableKeys?: boolean;
  /** Default: none. */
  readonly faults?: FaultHooks;
  /** Gets errors that would otherwise be lost, as lines. Default: nothing is logged. */
  readonly log?: (line: string) => void;
}

export interface EventHubsEmulator {
  /** `sb://127.0.0.1:PORT`; over TLS `sb://localhost:PORT`, since a TLS server's name must not be an address. */
  readonly endpoint: string;
  /** For any client of @azure/event-hubs; the hub's name is given apart. */
  readonly connectionString: string;
  close(): Promise<void>;
}

const DAY_MS = 24 * 60 * 60 * 1000;
const CLOSE_MS = 500;
// As Azure: 64 KiB frames keep one large message from holding up the others of a connection.
const FRAME_BYTES = 64 * 1024;
const IDLE_MS = 240_000;

/** Starts an Event Hubs namespace. Throws an Error that says why when the hubs do not fit or the port is taken. */
export async function startEventHubsEmulator(options: EventHubsOptions): Promise<EventHubsEmulator> {
  const { retentionMs = 7 * DAY_MS, now = Date.now, log = () => undefined } = options;
  const hubs = await openHubs({ fresh: false, ...options, retentionMs, now, write: options.faults?.write });
  const container = rhea.create_container({ id: "headrace-event-hubs", tcp_no_delay: true });
  const { faults = {}, tls } = options;
  const authorization = await createAuthorization(options, now);
  serveProtocol(container, { hubs, faults, authorization, now, log });
  const connections = trackConnections(container);
  const server = await listen(container, options).catch((error: unknown) => {
    authorization.close();
    hubs.close();
    throw error;
  });
  const sockets = trackSockets(server);
  const expiry = setInterval(hubs.expire, Math.min(Math.max(retentionMs / 10, 1000), 60_000));
  const endpoint = `sb://${tls ? "localhost" : HOST}:${(server.address() as AddressInfo).port}`;
  return {
    endpoint,
    // The last part tells the SDKs to do without TLS.
    connectionString: `Endpoint=${endpoint};SharedAccessKeyName=RootManageSharedAccessKey;SharedAccessKey=SAS_KEY_VALUE;${tls ? "" : "UseDevelopmentEmulator=true;"}`,
    close: async () => {
      clearInterval(expiry);
      authorization.close();
      await endConnections(server, connections, sockets);
      hubs.close();
    },
  };
}

async function createAuthorization(options: EventHubsOptions, now: () => number): Promise<Authorization> {
  const { checkToken = acceptAnyToken, tls, disableKeys = false } = options;
  if (!tls) return createOpenAuthorization(checkToken);
  const verify = await createTokenVerifier(tls.tokenKeys, { isAudience: isEventHubsAudience, now });
  return createStrictAuthorization({ verify, checkSignature: disableKeys ? undefined : checkToken, now });
}

/** The one place where connections come from. */
async function listen(container: Container, { port, tls }: EventHubsOptions): Promise<Server> {
  container.sasl_server_mechanisms.enable_anonymous();
  const secure = tls && {
    transport: "tls" as const,
    cert: await readFile(tls.certificate.cert),
    key: await readFile(tls.certificate.key),
  };
  const server = container.listen({
    ...secure,
    host: HOST,
    port,
    max_frame_size: FRAME_BYTES,
    idle_time_out: IDLE_MS,
    receiver_options: { autoaccept: false, max_message_size: MAX_MESSAGE_BYTES },
    ...{ tcp_no_delay: true },
  });
  await once(server, "listening");
  return server;
}

function trackConnections(container: Container): ReadonlySet<Connection> {
  const connections = new Set<Connection>();
  container.on("connection_open", ({ connection }: EventContext) => connections.add(connection));
  container.on("connection_close", ({ connection }: EventContext) => connections.delete(connection));
  container.on("disconnected", ({ connection }: EventContext) => connections.delete(connection));
  return connections;
}

function trackSockets(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return sockets;
}

/** Says goodbye as Azure does when it moves a namespace, so that clients come back, and then hangs up. */
async function endConnections(
  server: Server,
  connections: ReadonlySet<Connection>,
  sockets: ReadonlySet<Socket>,
): Promise<void> {
  const closed = once(server, "close");
  server.close();
  for (const connection of connections) {
    connection.close({ condition: "amqp:connection:forced", description: "The emulator is stopping." });
  }
  const hangUp = setTimeout(() => {
    for (const socket of sockets) socket.destroy(new Error("the emulator is stopping"));
  }, CLOSE_MS);
  await closed;
  clearTimeout(hangUp);
}
