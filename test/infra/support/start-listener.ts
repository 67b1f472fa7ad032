import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

export interface Listener {
  readonly url: string;
  /** The bodies that were posted, parsed. */
  readonly posted: readonly Readonly<Record<string, unknown>>[];
  /** The status of every later answer. */
  answerWith(status: number): void;
  close(): void;
}

/** A server that a program's hooks can tell what they saw. */
export async function startListener(): Promise<Listener> {
  const posted: Record<string, unknown>[] = [];
  let status = 200;
  const server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request) body += String(chunk);
    posted.push(JSON.parse(body) as Record<string, unknown>);
    response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    posted,
    answerWith: (next) => {
      status = next;
    },
    close: () => {
      server.close();
    },
  };
}
