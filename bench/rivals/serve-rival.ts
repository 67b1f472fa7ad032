import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { serve } from "@headrace/emulators/kit/serve.ts";

/** Takes a body and gives its number of events. */
type Take = (body: Buffer, contentEncoding: string | null) => Promise<number>;

/** A bare HTTP server as a process of its own; says on stdout when it is ready, like the local services. */
export async function serveRival(name: string, take: Take): Promise<void> {
  await serve(name, async () => {
    const server = createServer((request, response) => {
      const answer = (status: number, text: string): void => {
        const head = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
        response.writeHead(status, head).end(text);
      };
      readBody(request)
        .then((body) => take(body, request.headers["content-encoding"] ?? null))
        .then(
          (accepted) => answer(202, JSON.stringify({ accepted })),
          (error: unknown) => answer(500, String(error)),
        );
    });
    server.keepAliveTimeout = 120_000;
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    return {
      ready: { ready: true, baseUrl: `http://127.0.0.1:${port}` },
      close: async () => server.closeAllConnections(),
    };
  });
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  const [only] = chunks;
  return chunks.length === 1 && only ? only : Buffer.concat(chunks);
}
