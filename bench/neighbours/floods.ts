import { zstdCompressSync } from "node:zlib";
import type { LoadProcess } from "../load/load-process.ts";
import { makeRepeatedBody } from "./make-bodies.ts";

/** How much of a flood is sent, and to whom. */
export interface FloodJob {
  readonly baseUrl: string;
  readonly apiKey: string;
  readonly seconds: number;
  /** Requests a second; without it, as many as possible. */
  readonly rate?: number;
  /** Ends when so many are sent. */
  readonly requests?: number;
}

export interface FloodResult {
  readonly requests: number;
  /** Of these, by their status. */
  readonly failures: Readonly<Record<string, number>>;
  readonly seconds: number;
}

export interface Flood {
  readonly name: string;
  /** Requests from which its price is taken. */
  readonly sample: number;
  /** Events that its org needs before. */
  readonly needs: number;
  run(load: LoadProcess, job: FloodJob): Promise<FloodResult>;
}

/** By what there is much of. Each goes on as many connections as one client opens. */
export const floods: readonly Flood[] = [
  { name: "batches of 100", sample: 300, needs: 0, run: sendBatches(100, 16) },
  { name: "large bodies (5,000 events, 1.6 MB)", sample: 10, needs: 0, run: sendBatches(5_000, 8) },
  { name: "bodies that unpack 1,000 times, to 20 MiB", sample: 4, needs: 0, run: repeatBody(8) },
  { name: "reads of 1,000 events", sample: 60, needs: 2_000, run: readPages(8) },
];

let jobs = 0;

function sendBatches(batch: number, connections: number): Flood["run"] {
  return async (load, { rate, requests, ...job }) => {
    const sent = await load.send({
      ...job,
      ...{ batch, encoding: "identity", connections, prefix: `f${jobs++}`, spanMs: 3_600_000 },
      ...(rate !== undefined && { rate: rate * batch }),
      ...(requests !== undefined && { events: requests * batch }),
    });
    return { requests: sent.requests, failures: sent.failures, seconds: sent.seconds };
  };
}

function repeatBody(connections: number): Flood["run"] {
  const body = zstdCompressSync(makeRepeatedBody()).toString("base64");
  return (load, job) => load.repeat({ ...job, body, encoding: "zstd", connections });
}

function readPages(connections: number): Flood["run"] {
  return async (load, { requests = 1_000_000, ...job }) => {
    const began = performance.now();
    const { latenciesMs, failures } = await load.read({
      ...{ ...job, requests, connections },
      paths: ["/api/v1/events?limit=1000"],
    });
    return { requests: latenciesMs.length, failures, seconds: (performance.now() - began) / 1000 };
  };
}
