import { openConnection } from "./http-connection.ts";
import type { ReadJob, ReadResult } from "./job.ts";

export async function read({ baseUrl, apiKey, paths, requests, seconds, connections }: ReadJob): Promise<ReadResult> {
  const { host, hostname, port } = new URL(baseUrl);
  const latenciesMs: number[] = [];
  const failures: Record<string, number> = {};
  const end = performance.now() + seconds * 1000;
  let sent = 0;
  let bytes = 0;
  const readOn = async (): Promise<void> => {
    const connection = await openConnection(hostname, Number(port));
    while (sent < requests && performance.now() < end) {
      const path = paths[sent++ % paths.length] ?? "/";
      const began = performance.now();
      const { status, body } = await connection.exchange(
        `GET ${path} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`,
      );
      latenciesMs.push(performance.now() - began);
      bytes += body.length;
      if (status !== 200) failures[`status ${status}`] = (failures[`status ${status}`] ?? 0) + 1;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: connections }, readOn));
  return { kind: "have-read", failures, latenciesMs, bytes };
}
