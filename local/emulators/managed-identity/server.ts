import { timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { localIdentity } from "./identity.ts";
import { createTokenIssuer, type IssueToken } from "./issue-token.ts";
import type { TokenKeyFiles } from "./token-keys.ts";

export interface ManagedIdentityOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly keys: TokenKeyFiles;
  /** What `x-identity-header` must say: only the app that was told it gets tokens. */
  readonly header: string;
  /** Seconds that a token lives. Default: a day, as in Azure. */
  readonly lifetimeSeconds?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
}

export interface ManagedIdentityEndpoint {
  /** `http://127.0.0.1:8442/msi/token`: the value of `IDENTITY_ENDPOINT`. */
  readonly endpoint: string;
  close(): Promise<void>;
}

const API_VERSION = "2019-08-01";
const DAY_SECONDS = 24 * 60 * 60;

/**
 * The endpoint that App Service and Functions give an app to get tokens from.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * The key set is at `/discovery/keys`. Rejects when the port is taken.
 */
export async function startManagedIdentity(options: ManagedIdentityOptions): Promise<ManagedIdentityEndpoint> {
  const { now = Date.now, lifetimeSeconds = DAY_SECONDS } = options;
  const issue = await createTokenIssuer(options.keys.signing, { lifetimeSeconds, now });
  const keySet = await readFile(options.keys.verifying, "utf8");
  const server = createServer((request, response) => {
    answer(request, { issue, keySet, header: options.header }).then(
      ({ status, body }) => send(response, status, body),
      (error: unknown) => send(response, 500, failure(500, String(error))),
    );
  });
  server.keepAliveTimeout = 120_000;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port, "127.0.0.1", resolve);
  });
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/msi/token`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface AnswerDeps {
  readonly issue: IssueToken;
  readonly keySet: string;
  readonly header: string;
}

async function answer(request: IncomingMessage, { issue, keySet, header }: AnswerDeps): Promise<Answer> {
  const url = new URL(request.url ?? "/", "http://127.0.0.1");
  if (request.method !== "GET") return refuse(405, "Only GET is supported.");
  if (url.pathname === "/discovery/keys") return { status: 200, body: keySet };
  if (url.pathname.replace(/\/$/, "") !== "/msi/token") return refuse(404, "Not found.");
  const given = request.headers["x-identity-header"];
  if (given === undefined) return refuse(400, "Required header x-identity-header is missing.");
  if (!isSame(String(given), header)) return refuse(401, "The header x-identity-header is not this app's.");
  const query = url.searchParams;
  if (query.get("api-version") !== API_VERSION) return refuse(400, `The api-version must be ${API_VERSION}.`);
  const resource = query.get("resource");
  if (!resource) return refuse(400, "The query parameter resource is missing.");
  if (!isKnown(query)) {
    return refuse(
      400,
      "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.",
    );
  }
  const { token, expiresOn } = await issue(resource);
  const body = {
    access_token: token,
    expires_on: String(expiresOn),
    resource,
    token_type: "Bearer",
    client_id: localIdentity.clientId,
  };
  return { status: 200, body: JSON.stringify(body) };
}

/** Without an id it is the app's system-assigned identity, which is here the same. */
function isKnown(query: URLSearchParams): boolean {
  const clientId = query.get("client_id") ?? localIdentity.clientId;
  const principalId = query.get("principal_id") ?? query.get("object_id") ?? localIdentity.principalId;
  return clientId === localIdentity.clientId && principalId === localIdentity.principalId && !query.has("mi_res_id");
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refuse(status: number, message: string): Answer {
  return { status, body: failure(status, message) };
}

function failure(statusCode: number, message: string): string {
  return JSON.stringify({ statusCode, message });
}

function send(response: ServerResponse, status: number, body: string): void {
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "cache-control": "no-store" });
  response.end(body);
}
