import { setTimeout as sleep } from "node:timers/promises";
import { openConnection } from "./http-connection.ts";
import type { ReadJob, ReadResult } from "./job.ts";

export async function read(job: ReadJob): Promise<ReadResult> {
  const { baseUrl, apiKey, paths, requests, seconds, connections, rate } = job;
  const { host, hostname, port } = new URL(baseUrl);
  const latenciesMs: number[] = [];
  const failures: Record<string, number> = {};
  const start = performance.now();
  const end = start + seconds * 1000;
  let sent = 0;
  let bytes = 0;
  const readOn = async (): Promise<void> => {
    const connection = await openConnection(hostname, Number(port));
    while (sent < requests && performance.now() < end) {
      const due = rate === undefined ? 0 : start + (sent / rate) * 1000 - performance.now();
      const path = paths[sent++ % paths.length] ?? "/";
      if (due > 0) await sleep(due);
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
