import http from "node:http";
import { createRandom } from "../../local/launcher/faults/random.ts";
import { type ErrorCode, errorTable } from "../../shared/errors.ts";
import { judgeBatch } from "./judge-batch.ts";
import { type FuzzRequest, type Known, makeRequest } from "./make-request.ts";

export interface FuzzOptions {
  readonly baseUrl: string;
  readonly key: string;
  readonly seed: number;
  /** Ends at this many requests or, if earlier, at `deadline` (ms). */
  readonly requests: number;
  readonly deadline: number;
  readonly concurrency: number;
  /** Requests that gave new answers; grows. */
  readonly corpus: FuzzRequest[];
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  requests: number;
  /** How often each status and code was answered. */
  readonly answers: Map<string, number>;
  /** Events in requests that were answered 202. */
  accepted: number;
  readonly violations: { readonly request: FuzzRequest; readonly what: string }[];
}

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly text: string;
}

/** Sends random requests through the HTTP front, and holds every answer to the contract. */
export async function fuzz(options: FuzzOptions): Promise<FuzzReport> {
  const report: FuzzReport = { requests: 0, answers: new Map(), accepted: 0, violations: [] };
  const known: Known = { key: options.key, ids: [] };
  const seen = new Set<string>();
  const agent = new http.Agent({ keepAlive: true, maxSockets: options.concurrency });
  const worker = async (index: number): Promise<void> => {
    const random = createRandom(options.seed * 1_000 + index);
    while (report.requests < options.requests && Date.now() < options.deadline && report.violations.length < 20) {
      const count = ++report.requests;
      const request = makeRequest(random, known, options.corpus);
      const answer = await send(options.baseUrl, agent, request).catch((error: unknown) => String(error));
      const what = typeof answer === "string" ? `no answer: ${answer}` : judge(request, answer, known, report);
      if (what !== undefined) report.violations.push({ request, what });
      if (typeof answer !== "string") remember(answer, request, seen, options.corpus);
      if (count % 10_000 === 0) options.onProgress?.(count);
    }
  };
  await Promise.all(Array.from({ length: options.concurrency }, (_, index) => worker(index)));
  agent.destroy();
  return report;
}

function send(baseUrl: string, agent: http.Agent, { method, path, headers, body }: FuzzRequest): Promise<Answer> {
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const length = method === "POST" ? { "content-length": String(body.length) } : {};
    const request = http.request({
      hostname,
      port,
      agent,
      method,
      path: safePath(path),
      headers: { ...safeHeaders(headers), ...length },
      timeout: 30_000,
    });
    request.on("timeout", () => request.destroy(new Error("no answer within 30 s")));
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.end(body);
  });
}

/** Node's client refuses some bytes before anything is sent: those are tested with raw sockets elsewhere. */
function safePath(path: string): string {
  return path.replaceAll(/[^\x21-\x7e]/g, (char) => encodeURIComponent(char));
}

function safeHeaders(headers: Readonly<Record<string, string>>): Record<string, string> {
  const { expect: _, ...others } = headers;
  return others;
}

/** The fault of an answer, if there is one. */
function judge(
  request: FuzzRequest,
  { status, headers, text }: Answer,
  known: Known,
  report: FuzzReport,
): string | undefined {
  const body = text === "" || request.method === "HEAD" ? undefined : readJson(text);
  const code = typeof body?.code === "string" ? body.code : "";
  const kind = `${status} ${code}`;
  report.answers.set(kind, (report.answers.get(kind) ?? 0) + 1);
  if (isHomeward(request, status, headers)) return undefined;
  if (request.method === "HEAD") return judgeHead(status, headers, text);
  if (status >= 500 && status !== 503) return `status ${status}: ${text.slice(0, 300)}`;
  if (status === 503 && request.path.includes("/health/")) return undefined;
  if (status === 503 && !/^\d+$/.test(headers["retry-after"] ?? "")) return "503 without an integer Retry-After";
  if (status >= 400 && text !== "") return judgeProblem(status, headers, body, code);
  if (status === 202) return judgeAccepted(request, body, known, report);
  if (status === 200 && typeof body?.next_cursor === "string") learn(known, body.next_cursor);
  return status < 300 || status === 404 || status === 400 ? undefined : `status ${status}`;
}

/** `/` alone leads on, and to one place. */
function isHomeward({ method, path }: FuzzRequest, status: number, { location }: http.IncomingHttpHeaders): boolean {
  const asks = (method === "GET" || method === "HEAD") && /^\/(?:\?|$)/.test(path);
  return asks && status === 303 && location === "/api/docs";
}

/** No body can tell what it is: 400 and 404 may be the host's own, 503 may be readiness. */
function judgeHead(status: number, headers: http.IncomingHttpHeaders, text: string): string | undefined {
  if (text !== "") return "a body after HEAD";
  if (status < 300 || [400, 404, 503].includes(status)) return undefined;
  const isProblem = status < 500 && headers["content-type"] === "application/problem+json";
  return isProblem ? undefined : `status ${status} after HEAD`;
}

function judgeProblem(
  status: number,
  headers: http.IncomingHttpHeaders,
  body: Record<string, unknown> | undefined,
  code: string,
): string | undefined {
  if (headers["content-type"] !== "application/problem+json") return `a problem as ${headers["content-type"]}`;
  if (!Object.hasOwn(errorTable, code) || errorTable[code as ErrorCode][0] !== status)
    return `status ${status} with code "${code}"`;
  if (typeof body?.request_id !== "string" || typeof body.detail !== "string")
    return "a problem without request_id or detail";
  return undefined;
}

function judgeAccepted(
  request: FuzzRequest,
  body: Record<string, unknown> | undefined,
  known: Known,
  report: FuzzReport,
): string | undefined {
  const { receipt_id, accepted, duplicate, quarantined, results } = body ?? {};
  if (typeof receipt_id !== "string" || typeof accepted !== "number" || !Array.isArray(results))
    return "a 202 without receipt, count or results";
  if (results.length !== Number(duplicate) + Number(quarantined) || results.length >= accepted)
    return "a 202 whose counts do not add up";
  report.accepted += accepted;
  learn(known, receipt_id);
  return isPlain(request) ? judgeBatch(request.body, accepted, results) : undefined;
}

/** Whether the product takes a body as it is: neither header nor bytes say that it may be packed. */
function isPlain({ headers, body }: FuzzRequest): boolean {
  const named = (headers["content-encoding"] ?? "").trim();
  return (named === "" || named === "identity") && /^(\uFEFF|[{[\s])/.test(body.toString("utf8", 0, 4));
}

function learn(known: Known, id: string): void {
  known.ids.push(id);
  if (known.ids.length > 200) known.ids.shift();
}

function readJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

/** A request that got a new kind of answer is worth damaging further. */
function remember(answer: Answer, request: FuzzRequest, seen: Set<string>, corpus: FuzzRequest[]): void {
  const shape = answer.text
    .replaceAll(/"(request_id|receipt_id|next_cursor|event_id|received_at|timestamp)":"[^"]*"/g, "")
    .replaceAll(/\d+/g, "0")
    .slice(0, 250);
  const kind = `${request.method} ${answer.status} ${shape}`;
  if (seen.has(kind) || seen.size > 5_000) return;
  seen.add(kind);
  if (request.body.length < 50_000) corpus.push(request);
}
