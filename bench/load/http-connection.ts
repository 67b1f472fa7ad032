import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

/** One keep-alive connection that carries one request at a time. */
export interface HttpConnection {
  /** Sends a whole request, head and body as they go over the wire, and resolves with its answer. */
  exchange(head: string, body?: Buffer): Promise<Answer>;
  close(): void;
}

/**
 * HTTP/1.1 with as little work as possible: the load must leave the processor to the measured server. Answers need a
 * `Content-Length`, which every server measured here sends.
 */
export async function openConnection(host: string, port: number): Promise<HttpConnection> {
  const socket: Socket = connect({ host, port, noDelay: true });
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("error", reject);
  });
  let waiting: PromiseWithResolvers<Answer> | undefined;
  let received: Buffer = Buffer.alloc(0);
  const fail = (error: Error): void => {
    waiting?.reject(error);
    waiting = undefined;
  };
  socket.on("error", fail);
  socket.on("close", () => fail(new Error("the connection was closed before the answer was complete")));
  socket.on("data", (chunk) => {
    received = received.length === 0 ? chunk : Buffer.concat([received, chunk]);
    const answer = readAnswer(received);
    if (!answer) return;
    if (answer instanceof Error) return void socket.destroy(answer);
    received = Buffer.alloc(0);
    const done = waiting;
    waiting = undefined;
    done?.resolve(answer);
  });
  return {
    exchange: (head, body) => {
      waiting = Promise.withResolvers<Answer>();
      socket.cork();
      socket.write(head, "latin1");
      if (body) socket.write(body);
      socket.uncork();
      return waiting.promise;
    },
    close: () => socket.destroy(),
  };
}

/** Undefined as long as the answer is not complete. */
function readAnswer(bytes: Buffer): Answer | Error | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd);
  const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1];
  if (length === undefined) return new Error(`an answer without Content-Length: ${head.split("\r\n")[0]}`);
  const end = headEnd + 4 + Number(length);
  return bytes.length < end ? undefined : { status: Number(head.slice(9, 12)), body: bytes.subarray(headEnd + 4, end) };
}
