import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface Asked {
  readonly method: string;
  readonly host: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

/** A part of Azure. Undefined: not its affair. */
export type Part = (asked: Asked) => Answer | undefined | Promise<Answer | undefined>;

interface Trouble {
  readonly method: string;
  readonly path: RegExp;
  /** `never`: the request is left without an answer. */
  readonly answer: Answer | "never";
  times: number;
}

export interface ArmServer {
  readonly url: string;
  /** Everything that was asked, in order. */
  readonly asked: Asked[];
  /** The next requests of the kind end so, however the parts would answer. */
  trouble(method: string, path: RegExp, answer: Trouble["answer"], times?: number): void;
  endTrouble(): void;
  close(): Promise<void>;
}

export const MANAGEMENT = "management.azure.com";
/** The only token that is good here. */
export const TOKEN = "token-of-the-plan";

/** An Azure of ours: HTTP on this machine. `x-forwarded-host` says which host is meant. */
export async function startArmServer(parts: readonly Part[]): Promise<ArmServer> {
  const asked: Asked[] = [];
  const troubles: Trouble[] = [];
  const server = createServer((request, response) => {
    void answerTo(request).then((answer) => answer === "never" || write(response, answer));
  });
  const answerTo = async (request: IncomingMessage): Promise<Answer | "never"> => {
    const one = await readRequest(request);
    asked.push(one);
    const trouble = troubles.find(
      ({ method, path, times }) => times > 0 && method === one.method && path.test(one.path),
    );
    if (trouble) {
      trouble.times -= 1;
      return trouble.answer;
    }
    for (const part of [refuseStrangers, ...parts]) {
      const answer = await part(one);
      if (answer) return answer;
    }
    return armError(404, "ResourceNotFound", `There is no ${one.path} at ${one.host}.`);
  };
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    trouble: (method, path, answer, times = 1) => void troubles.push({ method, path, answer, times }),
    endTrouble: () => {
      troubles.length = 0;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

export function armError(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } } };
}

/** ARM asks everyone for a token and for a version. */
const refuseStrangers: Part = ({ host, headers, query }) => {
  if (host !== MANAGEMENT) return undefined;
  if (headers.authorization !== `Bearer ${TOKEN}`)
    return armError(401, "InvalidAuthenticationToken", "The access token is invalid.");
  if (query.has("api-version") || query.has("operation")) return undefined;
  return armError(400, "MissingApiVersionParameter", "The api-version query parameter is required.");
};

async function readRequest(request: IncomingMessage): Promise<Asked> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const forwarded = request.headers["x-forwarded-host"];
  const { pathname, searchParams } = new URL(request.url ?? "/", "http://127.0.0.1");
  return {
    method: request.method ?? "",
    host: typeof forwarded === "string" ? forwarded : MANAGEMENT,
    path: decodeURIComponent(pathname),
    query: searchParams,
    headers: request.headers,
    body: Buffer.concat(chunks),
  };
}

function write(response: ServerResponse, { status, headers, body }: Answer): void {
  const raw = typeof body === "string" || Buffer.isBuffer(body);
  response.writeHead(status, { "content-type": raw ? "application/octet-stream" : "application/json", ...headers });
  response.end(body === undefined ? "" : raw ? body : JSON.stringify(body));
}
