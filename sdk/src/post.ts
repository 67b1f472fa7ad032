import type { Call } from "./call.ts";
import type { Diagnose } from "./diagnose.ts";
import { judge, type Verdict } from "./judge.ts";
import { isPage } from "./settings.ts";
import type { Waiting } from "./types.ts";

/** Sends events in one request, and says what the answer means. Never rejects. */
export type Post = (events: readonly Waiting[], isLast?: boolean) => Promise<Verdict>;

export interface PostDeps {
  readonly call: Call;
  readonly diagnose: Diagnose;
  /** JSON of the batch's context. */
  readonly context: string;
}

/**
 * Browsers let the requests that outlive a page have 64 KiB, all together. Small ones outlive it always, and what
 * remains of it is for the page's last one.
 */
const SMALL_BYTES = 15_000;
export const LAST_BYTES = 45_000;
/** Below this, packing saves less than it costs. */
const PACKED_FROM = 1024;

export function createPost({ call, diagnose, context }: PostDeps): Post {
  return async (events, isLast = false) => {
    const startedAt = performance.now();
    let [bytes, status] = [0, 0];
    try {
      const text = makeBody(events, context);
      const { body, headers } = isLast ? { body: text } : await pack(text);
      bytes = typeof body === "string" ? text.length : body.length;
      const answer = await call("events", {
        body,
        // Runtimes without pages may refuse the word.
        ...(isPage() && { keepalive: isLast || bytes < SMALL_BYTES }),
        headers: { "content-type": "application/json", ...headers },
      });
      status = answer.status;
      return judge(answer, events.length);
    } catch (error) {
      return toVerdict(error);
    } finally {
      diagnose({ kind: "request", events: events.length, bytes, status, ms: performance.now() - startedAt });
    }
  };
}

/** `sent_at` is that of this try. */
export function makeBody(events: readonly Waiting[], context: string): string {
  const list = events.map(({ json }) => json).join();
  return `{"events":[${list}],"sent_at":"${new Date().toISOString()}","context":${context}}`;
}

async function pack(
  text: string,
): Promise<{ body: string | Uint8Array<ArrayBuffer>; headers?: Record<string, string> }> {
  if (text.length < PACKED_FROM || typeof CompressionStream === "undefined") return { body: text };
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  // Whole, since a body that comes in pieces has no Content-Length, and is refused.
  const body = new Uint8Array(await new Response(packed).arrayBuffer());
  return { body, headers: { "content-encoding": "gzip" } };
}

function toVerdict(error: unknown): Verdict {
  const { message, code, fix } = Object(error) as { message?: string; code?: string; fix?: string };
  return fix
    ? { kind: "blocked", code: `${code}`, message: `${message}`, fix }
    : { kind: "again", code: "no_answer", message: `${message}` };
}
