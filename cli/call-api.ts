import { type BackoffOptions, chooseDelay, defaultBackoff, parseRetryAfter } from "./send/backoff.ts";

export interface ApiOptions {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** The longest that one request is tried again, in milliseconds from its first try. */
  readonly maxWaitMs: number;
  readonly backoff?: BackoffOptions;
  readonly signal?: AbortSignal;
  /** Makes each try. Default: the global one. */
  readonly fetch?: typeof fetch;
  /** Told of every retry. */
  readonly onRetry?: (reason: string, delayMs: number) => void;
}

export interface ApiRequest {
  readonly method: "GET" | "POST" | "PATCH";
  readonly path: string;
  readonly apiKey: string;
  readonly body?: Uint8Array<ArrayBuffer>;
  readonly headers?: Readonly<Record<string, string>>;
}

/** An RFC 9457 problem document, as far as it can be relied on. */
export interface Problem {
  readonly status: number;
  readonly code: string;
  readonly detail: string;
  readonly fix?: string;
  readonly request_id?: string;
  /** The whole document: some codes have members of their own. */
  readonly members?: Record<string, unknown>;
}

export type ApiAnswer =
  | { readonly ok: true; readonly status: number; readonly body: Record<string, unknown> }
  | { readonly ok: false; readonly problem: Problem };

const requestTimeoutMs = 60_000;

/**
 * The contract of docs/api.md: a request may have been taken or was not looked at, and the answer is perhaps not the
 * product's. 500 without a body: the process ended, maybe after it had taken the events.
 */
function isSentAgain(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}

type Try = { readonly answer: ApiAnswer; readonly again: boolean; readonly retryAfterMs: number | undefined };

/**
 * Makes a request, and again while the server or the network cannot take it and `maxWaitMs` allows. Never throws for a
 * fault of a server or a network: the last failure is the answer. Throws only when the signal aborts.
 */
export async function callApi(request: ApiRequest, options: ApiOptions): Promise<ApiAnswer> {
  const began = Date.now();
  for (let attempt = 0; ; attempt++) {
    const { answer, again, retryAfterMs } = await tryOnce(request, options);
    if (answer.ok || !again) return answer;
    const delay = chooseDelay(attempt, retryAfterMs, Math.random, options.backoff ?? defaultBackoff);
    if (Date.now() - began + delay > options.maxWaitMs) return answer;
    options.onRetry?.(`${answer.problem.code}: ${answer.problem.detail}`, delay);
    await wait(delay, options.signal);
  }
}

async function tryOnce(request: ApiRequest, options: ApiOptions): Promise<Try> {
  const timeout = AbortSignal.timeout(requestTimeoutMs);
  const signal = options.signal ? AbortSignal.any([options.signal, timeout]) : timeout;
  try {
    const response = await (options.fetch ?? fetch)(`${options.baseUrl}${request.path}`, {
      method: request.method,
      headers: { authorization: `Bearer ${request.apiKey}`, ...request.headers },
      signal,
      ...(request.body ? { body: request.body } : {}),
    });
    const text = await response.text();
    const retryAfterMs = parseRetryAfter(response.headers.get("retry-after"), Date.now());
    return { answer: toAnswer(response.status, text), again: isSentAgain(response.status), retryAfterMs };
  } catch (error) {
    options.signal?.throwIfAborted();
    const problem = { status: 0, code: "no_connection", detail: describeNetworkError(error) };
    return { answer: { ok: false, problem }, again: true, retryAfterMs: undefined };
  }
}

function toAnswer(status: number, text: string): ApiAnswer {
  const body = parseRecord(text);
  if (status >= 200 && status < 300) {
    if (body) return { ok: true, status, body };
    return { ok: false, problem: { status, code: "unreadable_answer", detail: text.slice(0, 200) } };
  }
  const { code, detail, title, fix, request_id } = body ?? {};
  const problem: Problem = {
    status,
    code: String(code ?? `http_${status}`),
    detail: String(detail ?? title ?? text.slice(0, 200)),
    ...(typeof fix === "string" ? { fix } : {}),
    ...(typeof request_id === "string" ? { request_id } : {}),
    ...(body ? { members: body } : {}),
  };
  return { ok: false, problem };
}

/** Undefined for a text that is no JSON object. */
export function parseRecord(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** fetch says only "fetch failed"; the reason is its cause. */
function describeNetworkError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || (cause as NodeJS.ErrnoException).code || error.message;
}

export function wait(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}
