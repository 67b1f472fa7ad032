import { setTimeout as sleep } from "node:timers/promises";
import { type HttpConnection, openConnection } from "./http-connection.ts";
import type { SendJob, SendResult } from "./job.ts";
import { type Bodies, makeBodies } from "./make-bodies.ts";
import { createProbes, type Probes } from "./probe.ts";
import { type Way, ways } from "./ways.ts";

interface Sending {
  readonly job: SendJob;
  readonly host: string;
  readonly began: number;
  readonly probes: Probes;
  events: number;
  requests: number;
  /** Events of requests that are sent or under way. */
  taken: number;
  failures: Record<string, number>;
  readonly latenciesMs: number[];
}

export async function send(job: SendJob): Promise<SendResult> {
  const { host, hostname, port } = new URL(job.baseUrl);
  const connections = await Promise.all(
    Array.from({ length: job.connections }, () => openConnection(hostname, Number(port))),
  );
  const probes = await createProbes(job);
  const sending: Sending = {
    job,
    host,
    began: performance.now(),
    probes,
    events: 0,
    requests: 0,
    taken: 0,
    failures: {},
    latenciesMs: [],
  };
  await Promise.all(
    connections.map((connection, i) => {
      const prefix = `${job.prefix}c${i}`;
      return sendOn(connection, makeBodies({ ...job, prefix, seed: i + 1 }), sending);
    }),
  );
  const seconds = (performance.now() - sending.began) / 1000;
  for (const connection of connections) connection.close();
  const readableMs = await probes.finish();
  const { events, requests, latenciesMs } = sending;
  const failures = { ...sending.failures, ...probes.failures() };
  return { kind: "sent", events, requests, failures, seconds, latenciesMs, readableMs };
}

async function sendOn(connection: HttpConnection, bodies: Bodies, sending: Sending): Promise<void> {
  const { job } = sending;
  const { seconds, events = Number.POSITIVE_INFINITY, batch, otherKeys = [] } = job;
  const keys = [job.apiKey, ...otherKeys];
  const way: Way = ways[job.way ?? "own"];
  while (performance.now() - sending.began < seconds * 1000 && sending.taken < events) {
    const wait = waitForTurn(sending);
    const apiKey = keys[(sending.taken / batch) % keys.length] ?? job.apiKey;
    sending.taken += batch;
    if (wait > 0) await sleep(wait);
    const { bytes, lastId } = bodies.next();
    const began = performance.now();
    try {
      const { status } = await connection.exchange(headOf(way, { ...job, apiKey }, sending.host, bytes.length), bytes);
      if (job.timed) sending.latenciesMs.push(performance.now() - began);
      if (status === way.status) count(sending, lastId);
      else fail(sending, `status ${status}`);
    } catch (error) {
      fail(sending, error instanceof Error ? error.message : String(error));
      return;
    }
  }
}

/**
 * Milliseconds until the next batch is due. At a rate, batches are spread evenly over time, whichever connection sends
 * them.
 */
function waitForTurn({ job, began, taken }: Sending): number {
  return job.rate === undefined ? 0 : began + (taken / job.rate) * 1000 - performance.now();
}

function headOf(
  { path, contentType, authorization }: Way,
  { apiKey, encoding }: SendJob,
  host: string,
  length: number,
): string {
  const credential = authorization(apiKey);
  const shown = credential === undefined ? "" : `authorization: ${credential}\r\n`;
  const packed = encoding === "identity" ? "" : `content-encoding: ${encoding}\r\n`;
  return `POST ${path} HTTP/1.1\r\nhost: ${host}\r\n${shown}content-type: ${contentType}\r\n${packed}content-length: ${length}\r\n\r\n`;
}

function count(sending: Sending, lastId: string): void {
  const { job, probes } = sending;
  sending.events += job.batch;
  if (job.probeEvery && sending.requests % job.probeEvery === 0) probes.watch(lastId);
  sending.requests++;
}

function fail(sending: Sending, what: string): void {
  sending.requests++;
  sending.failures[what] = (sending.failures[what] ?? 0) + 1;
}
