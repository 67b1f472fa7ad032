import { setTimeout as sleep } from "node:timers/promises";
import { type HttpConnection, openConnection } from "./http-connection.ts";
import type { SendJob } from "./job.ts";

/** Watches events that were just acknowledged until the API has them. */
export interface Probes {
  watch(eventId: string): void;
  failures(): Readonly<Record<string, number>>;
  /** Milliseconds from {@link watch} to the answer that has the event, once all are found or given up. */
  finish(): Promise<number[]>;
}

const CONNECTIONS = 8;
/** The precision of a figure; asking more often would be a load of its own. */
const ASK_EVERY_MS = 20;
const GIVE_UP_MS = 60_000;

export async function createProbes({ baseUrl, apiKey, probeEvery }: SendJob): Promise<Probes> {
  const { host, hostname, port } = new URL(baseUrl);
  const free = await Promise.all(
    Array.from({ length: probeEvery ? CONNECTIONS : 0 }, () => openConnection(hostname, Number(port))),
  );
  const all = [...free];
  const waiting: ((connection: HttpConnection) => void)[] = [];
  const found: number[] = [];
  const failures: Record<string, number> = {};
  const running: Promise<void>[] = [];

  const ask = async (eventId: string): Promise<number> => {
    const connection = free.pop() ?? (await new Promise<HttpConnection>((resolve) => waiting.push(resolve)));
    const head = `GET /api/v1/events/${eventId} HTTP/1.1\r\nhost: ${host}\r\nauthorization: Bearer ${apiKey}\r\n\r\n`;
    const { status } = await connection.exchange(head);
    const next = waiting.shift();
    if (next) next(connection);
    else free.push(connection);
    return status;
  };

  const watch = async (eventId: string): Promise<void> => {
    const since = performance.now();
    for (;;) {
      const status = await ask(eventId);
      const ms = performance.now() - since;
      if (status === 200) return void found.push(ms);
      if (status !== 404 || ms > GIVE_UP_MS) {
        const what = status === 404 ? `not readable after ${GIVE_UP_MS / 1000} s` : `reading: status ${status}`;
        failures[what] = (failures[what] ?? 0) + 1;
        return;
      }
      await sleep(ASK_EVERY_MS);
    }
  };

  return {
    watch: (eventId) => void running.push(watch(eventId)),
    failures: () => failures,
    finish: async () => {
      await Promise.all(running);
      for (const connection of all) connection.close();
      return found;
    },
  };
}
