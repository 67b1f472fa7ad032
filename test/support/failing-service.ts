import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { onTestFinished } from "vitest";

/** `host:port` of an HTTP service that answers every request with this status, and with a code as Azure Storage has. */
export function startRefusing(status: number, code: string): Promise<string> {
  const body = `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`;
  const headers = { "content-type": "application/xml", "x-ms-error-code": code };
  const server = createHttpServer((request, response) => {
    request.resume().on("end", () => response.writeHead(status, headers).end(body));
  });
  return listen(server);
}

/** `host:port` of a service that takes connections and never says anything on them. */
export function startSilent(): Promise<string> {
  return listen(createServer());
}

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    socket.on("error", () => socket.destroy());
    sockets.add(socket.on("close", () => sockets.delete(socket)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
