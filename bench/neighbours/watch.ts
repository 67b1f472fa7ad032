import { setTimeout as sleep } from "node:timers/promises";
import { openConnection } from "../load/http-connection.ts";

/** A client of a running product. Each request has a connection of its own: one that is idle is closed. */
export interface Client {
  /** Posts events, or what else a path of `/api/v1/` takes; gives the status. */
  post(body: Buffer, encoding: "identity" | "zstd", path?: string): Promise<number>;
  /** Asks whether the process lives, which takes nothing but its event loop. */
  ask(): Promise<number>;
}

export function makeClient(baseUrl: string, apiKey: string): Client {
  const { host, hostname, port } = new URL(baseUrl);
  const exchange = async (head: string, body?: Buffer): Promise<number> => {
    const connection = await openConnection(hostname, Number(port));
    const { status } = await connection.exchange(`${head} HTTP/1.1\r\nhost: ${host}\r\n`, body);
    connection.close();
    return status;
  };
  return {
    post: (body, encoding, path = "events") => {
      const what = `content-type: application/json\r\ncontent-encoding: ${encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
      return exchange(
        `POST /api/v1/${path}`,
        Buffer.concat([Buffer.from(`authorization: Bearer ${apiKey}\r\n${what}`), body]),
      );
    },
    ask: () => exchange("GET /api/health/live", Buffer.from("\r\n")),
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
