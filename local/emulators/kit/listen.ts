import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

/** Emulators serve this machine only. */
export const HOST = "127.0.0.1";

/** Listens on 127.0.0.1; port 0 takes any free one. Gives the port. Rejects when it is taken. */
export async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

/** Idle connections end at once; requests under way are answered first, but not waited for longer than `graceMs`. */
export async function close(server: Server, graceMs: number): Promise<void> {
  const closed = once(server, "close");
  const forced = setTimeout(() => server.closeAllConnections(), graceMs);
  server.close();
  await closed;
  clearTimeout(forced);
}
