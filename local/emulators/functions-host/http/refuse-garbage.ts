import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";

const REASONS: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: "431 Request Header Fields Too Large",
  ERR_HTTP_REQUEST_TIMEOUT: "408 Request Timeout",
};

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

/**
 * Refuses bytes that are no request, as Kestrel does: after the answer to the whole request before them, which Node
 * would leave without one. A body that is longer than its `Content-Length` ends so.
 */
export function refuseGarbage(server: Server): void {
  const last = new WeakMap<Duplex, Exchange>();
  const remember = (request: IncomingMessage, response: ServerResponse): void => {
    last.set(request.socket, { request, response });
  };
  server.on("request", remember).on("checkContinue", remember);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const { request, response } = last.get(socket) ?? {};
    const refuse = (): void => {
      const reason = REASONS[error.code ?? ""] ?? "400 Bad Request";
      if (socket.writable) socket.end(`HTTP/1.1 ${reason}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
      else socket.destroy();
    };
    if (request && !request.complete) socket.destroy();
    else if (response && !response.writableFinished) response.once("finish", refuse);
    else refuse();
  });
}
