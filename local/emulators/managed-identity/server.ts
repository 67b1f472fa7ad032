import { timingSafeEqual } from "node:crypto";
import { readFile } from "node:fs/promises";
import { HOST } from "../kit/listen.ts";
import { answerJson, type HttpAnswer, type HttpRequest, serveHttp } from "../kit/serve-http.ts";
import { answerFaulty, type IdentityFault } from "./faults.ts";
import { localIdentity } from "./identity.ts";
import { createTokenIssuer, type IssueToken } from "./issue-token.ts";
import type { TokenKeyFiles } from "./token-keys.ts";

export interface ManagedIdentityOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly keys: TokenKeyFiles;
  /** The value that `x-identity-header` must have: only the app that was told it gets tokens. */
  readonly header: string;
  /** Seconds that a token lives. Default: a day, as in Azure. */
  readonly lifetimeSeconds?: number;
  /** Milliseconds since 1970. */
  readonly now?: () => number;
  /** Asked once for each request for a token. Default: nothing ever goes wrong. */
  readonly drawFault?: () => IdentityFault | undefined;
}

export interface ManagedIdentityEndpoint {
  /** `http://127.0.0.1:8442/msi/token`: the value of `IDENTITY_ENDPOINT`. */
  readonly endpoint: string;
  /** From now on only a request with this header gets a token. */
  rotateHeader(header: string): void;
  close(): Promise<void>;
}

const API_VERSION = "2019-08-01";
/** A request has no body. */
const MAX_REQUEST_BYTES = 64 * 1024;
const UNCACHED = { "cache-control": "no-store" };
const DAY_SECONDS = 24 * 60 * 60;

/**
 * The endpoint that App Service and Functions give an app to get tokens from.
 * https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference
 * The key set is at `/discovery/keys`. Rejects when the port is taken.
 */
export async function startManagedIdentity(options: ManagedIdentityOptions): Promise<ManagedIdentityEndpoint> {
  const { now = Date.now, lifetimeSeconds = DAY_SECONDS } = options;
  const issue = await createTokenIssuer(options.keys.signing, { lifetimeSeconds, now });
  const keySet: unknown = JSON.parse(await readFile(options.keys.verifying, "utf8"));
  const deps = { issue, keySet, header: options.header, drawFault: options.drawFault ?? (() => undefined) };
  const service = await serveHttp(
    (request) => answer(request, deps).catch((error: unknown) => refuse(500, String(error))),
    { port: options.port, maxBodyBytes: MAX_REQUEST_BYTES, tooLarge: refuse(413, "The request is too large.") },
  );
  return {
    endpoint: `http://${HOST}:${service.port}/msi/token`,
    rotateHeader: (header) => {
      deps.header = header;
    },
    close: () => service.close(0),
  };
}

interface AnswerDeps {
  readonly issue: IssueToken;
  readonly keySet: unknown;
  readonly header: string;
  readonly drawFault: () => IdentityFault | undefined;
}

async function answer(request: HttpRequest, deps: AnswerDeps): Promise<HttpAnswer> {
  const { issue, keySet, header } = deps;
  const url = new URL(request.path, `http://${HOST}`);
  if (request.method !== "GET") return refuse(405, "Only GET is supported.");
  if (url.pathname === "/discovery/keys") return answerJson(200, keySet, UNCACHED);
  if (url.pathname.replace(/\/$/, "") !== "/msi/token") return refuse(404, "Not found.");
  const given = request.headers["x-identity-header"];
  if (given === undefined) return refuse(400, "Required header x-identity-header is missing.");
  if (!isSame(given, header)) return refuse(401, "The header x-identity-header is not this app's.");
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
  const give = async (wanted: string, lifetimeSeconds?: number): Promise<HttpAnswer> => {
    const { token, expiresOn } = await issue(wanted, lifetimeSeconds);
    const own = { access_token: token, expires_on: String(expiresOn), resource };
    return answerJson(200, { ...own, token_type: "Bearer", client_id: localIdentity.clientId }, UNCACHED);
  };
  const fault = deps.drawFault();
  return fault === undefined ? give(resource) : answerFaulty(fault, resource, give);
}

/** Without an id it is the app's system-assigned identity, which is the same here. */
function isKnown(query: URLSearchParams): boolean {
  const clientId = query.get("client_id") ?? localIdentity.clientId;
  const principalId = query.get("principal_id") ?? query.get("object_id") ?? localIdentity.principalId;
  return clientId === localIdentity.clientId && principalId === localIdentity.principalId && !query.has("mi_res_id");
}

function isSame(given: string, expected: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(expected)];
  return a.length === b.length && timingSafeEqual(a, b);
}

function refuse(statusCode: number, message: string): HttpAnswer {
  return answerJson(statusCode, { statusCode, message }, UNCACHED);
}
