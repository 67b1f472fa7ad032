import { setTimeout as sleep } from "node:timers/promises";
import { openConnection } from "./http-connection.ts";
import type { RepeatJob, RepeatResult } from "./job.ts";

/** Each request has a connection of its own for as long as it takes: one that was refused may be closed. */
export async function repeat(job: RepeatJob): Promise<RepeatResult> {
  const { host, hostname, port } = new URL(job.baseUrl);
  const { requests = Number.POSITIVE_INFINITY, rate } = job;
  const body = Buffer.from(job.body, "base64");
  const head = `POST /api/v1/events HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${job.apiKey}\r\ncontent-encoding: ${job.encoding}\r\ncontent-length: ${body.length}\r\n\r\n`;
  const failures: Record<string, number> = {};
  const began = performance.now();
  const end = began + job.seconds * 1000;
  let sent = 0;
  const post = async (): Promise<string> => {
    const connection = await openConnection(hostname, Number(port));
    try {
      return `status ${(await connection.exchange(head, body)).status}`;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    } finally {
      connection.close();
    }
  };
  const repeatOn = async (): Promise<void> => {
    while (sent < requests && performance.now() < end) {
      const due = rate === undefined ? 0 : began + (sent / rate) * 1000 - performance.now();
      sent++;
      if (due > 0) await sleep(due);
      const answer = await post();
      if (answer !== "status 202") failures[answer] = (failures[answer] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: job.connections }, repeatOn));
  return { kind: "repeated", requests: sent, failures, seconds: (performance.now() - began) / 1000 };
}
