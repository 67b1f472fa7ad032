import { takeFirst } from "./memory-queue.ts";
import { pause } from "./pause.ts";
import { LAST_BYTES, type Post } from "./post.ts";
import type { Settling } from "./settle.ts";
import type { Flushed, Queue, Waiting } from "./types.ts";

export interface Sender {
  /** There is something new to send. */
  notice(bytes: number): void;
  /** Resolves when all has its answer, the server takes nothing, or `signal` is aborted. */
  flush(signal?: AbortSignal): Promise<Flushed>;
  /** Sends at once as much as a page may while it is left. */
  sendLast(): void;
}

export interface SenderDeps {
  readonly queue: Queue;
  readonly post: Post;
  readonly settling: Settling;
  /** Ends it. */
  readonly ended: AbortSignal;
}

/** One request at a time, so that what is sent first is there first. */
export function createSender(
  { queue, post, settling: { settle, most, blocked }, ended }: SenderDeps,
  maxBytes: number,
  intervalMs: number,
): Sender {
  let [noticed, bytes, count] = [0, 0, 0];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> | undefined;
  let last: Promise<unknown> | undefined;
  const underWay = new Set<string>();

  const send = async (events: readonly Waiting[], isLast?: boolean): Promise<number> => {
    for (const { id } of events) underWay.add(id);
    const verdict = await post(events, isLast);
    for (const { id } of events) underWay.delete(id);
    return ended.aborted ? 0 : settle(events, verdict);
  };
  const sendAll = async (): Promise<number> => {
    while (!ended.aborted) {
      await last;
      const events = await queue.take(most(), maxBytes);
      const delayMs = events.length > 0 ? await send(events) : 0;
      if (events.length === 0 || delayMs > 0) return delayMs;
    }
    return 0;
  };
  const run = async (): Promise<void> => {
    for (let seen = -1; seen !== noticed && !ended.aborted; ) {
      seen = noticed;
      bytes = count = 0;
      const delayMs = await queue.lock(sendAll);
      if (delayMs > 0) {
        seen = -1;
        await pause(delayMs, ended);
      }
    }
    sending = undefined;
  };
  const start = (): void => {
    clearTimeout(timer);
    timer = undefined;
    sending ??= run();
  };

  return {
    notice: (more) => {
      noticed++;
      bytes += more;
      if (++count >= most() || bytes >= maxBytes) start();
      else if (!sending) timer ??= setTimeout(start, intervalMs);
    },
    flush: async (signal) => {
      const aborted = new Promise((resolve) => signal?.addEventListener("abort", resolve));
      // Who waits keeps the process.
      const hold = setTimeout(start, 1e9);
      start();
      if (!signal?.aborted) await Promise.race([sending, blocked(), aborted]);
      clearTimeout(hold);
      return { pending: await queue.size() };
    },
    sendLast: () => {
      const rest = queue.peek().filter(({ id }) => !underWay.has(id));
      const events = takeFirst(rest, rest.length, LAST_BYTES);
      if (events.length > 0) last = send(events, true);
    },
  };
}
