import { createCall } from "./call.ts";
import { createDiagnose } from "./diagnose.ts";
import { createEmitter } from "./emitter.ts";
import { createKeeping } from "./keep.ts";
import { makeEvent, type Person } from "./make-event.ts";
import { createMemoryQueue } from "./memory-queue.ts";
import { describePage, onHidden } from "./page.ts";
import { createPost } from "./post.ts";
import { readReceipt } from "./receipt.ts";
import { createSender } from "./sender.ts";
import { checkSettings, isPage } from "./settings.ts";
import { createSettling } from "./settle.ts";
import { toJson } from "./to-json.ts";
import type { AnyEvents, Client, ClientOptions, EventOptions, Flushed, FlushOptions, Tracked } from "./types.ts";
import { version } from "./version.ts";

/** Throws a TypeError for settings that can never work; nothing else here throws into the caller's code. */
export function createClient<E extends object = AnyEvents>(options: ClientOptions): Client<E> {
  const { maxBatchEvents = 250, maxBatchBytes = 262_144, flushIntervalMs = 1000, maxPauseMs = 60_000 } = options;
  const base = checkSettings(options);
  const { queue = createMemoryQueue(), signal } = options;
  const controller = new AbortController();
  const ended = controller.signal;
  const diagnose = createDiagnose(options);
  const { on, emit } = createEmitter();
  const call = createCall(base, options, diagnose, ended);
  const context = toJson({ ...options.context, library: { name: "@headrace/sdk", version } });
  const post = createPost({ call, diagnose, context });
  const settling = createSettling({ queue, emit, diagnose }, maxBatchEvents, maxPauseMs);
  const sender = createSender({ queue, post, settling, ended }, maxBatchBytes, flushIntervalMs);
  let isClosed = false;
  const { keep, settled } = createKeeping({ queue, sender, emit, isClosed: () => isClosed });
  const stopWatching = onHidden(sender.sendLast);
  const end = async (): Promise<void> => {
    isClosed = true;
    controller.abort();
    stopWatching();
    await queue.close();
  };
  const flush = async ({ signal }: FlushOptions = {}): Promise<Flushed> => {
    await settled();
    return sender.flush(signal);
  };
  const close = async (waiting?: FlushOptions): Promise<Flushed> => {
    isClosed = true;
    const flushed = await flush(waiting);
    await end();
    return flushed;
  };
  signal?.addEventListener("abort", end);
  queue.listen?.((reason) => diagnose({ kind: "warning", ...reason }));
  // What another life of this program left in it.
  if (options.queue) sender.notice(0);
  return { ...createVerbs<E>(keep, options), on, flush, close, receipt: (receiptId) => readReceipt(call, receiptId) };
}

type Verbs<E extends object> = Pick<Client<E>, "track" | "identify" | "page" | "group" | "alias">;

function createVerbs<E extends object>(keep: ReturnType<typeof createKeeping>["keep"], options: Person): Verbs<E> {
  let person = options;
  /** What the caller gave is read only where nothing throws at them. */
  const add = (read: () => [type: string, properties?: unknown, given?: EventOptions | undefined]): Promise<Tracked> =>
    keep(() => makeEvent(person, ...read()));
  return {
    track: (type, ...[properties, given]) => add(() => [type, properties, given]),
    identify: (userId, traits, given) => {
      if (isPage()) person = { ...person, userId };
      return add(() => ["identify", traits, { ...given, userId }]);
    },
    page: (name, properties, given) => add(() => ["page_view", { ...describePage(), name, ...properties }, given]),
    group: (groupId, traits, given) => add(() => ["group", { ...traits, group_id: groupId }, given]),
    alias: (userId, previousId, given) => add(() => ["alias", { previous_id: previousId }, { ...given, userId }]),
  };
}
