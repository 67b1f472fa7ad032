import { setTimeout as sleep } from "node:timers/promises";
import { type HttpConnection, openConnection } from "../load/http-connection.ts";

/** A client of a running product, on connections of its own. */
export interface Client {
  /** Posts events; gives the status. */
  post(body: Buffer, encoding: "identity" | "zstd"): Promise<number>;
  /** Asks whether the process lives, which takes nothing but its event loop. */
  ask(): Promise<void>;
  close(): void;
}

export async function openClient(baseUrl: string, apiKey: string): Promise<Client> {
  const { host, hostname, port } = new URL(baseUrl);
  const connection: HttpConnection = await openConnection(hostname, Number(port));
  const head = `POST /api/v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n`;
  return {
    post: async (body, encoding) => {
      const rest = `content-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
      return (await connection.exchange(`${head}${rest}`, body)).status;
    },
    ask: async () => void (await connection.exchange(`GET /api/health/live HTTP/1.1\r\nhost: ${host}\r\n\r\n`)),
    close: () => connection.close(),
  };
}

/** Milliseconds that something takes. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}

/** Repeats a measurement with pauses until `during` has ended. Gives every result. */
export async function watch(
  during: Promise<unknown>,
  measure: () => Promise<number>,
  pauseMs: number,
): Promise<number[]> {
  let over = false;
  const end = during.then(
    () => {
      over = true;
    },
    () => {
      over = true;
    },
  );
  const found: number[] = [];
  while (!over) {
    found.push(await measure());
    await sleep(pauseMs);
  }
  await end;
  return found;
}
