import { randomUUID } from "node:crypto";
import { type Gate, passGate } from "../kit/gate.ts";
import { type AnswerRequest, answerJson, type HttpAnswer, type HttpRequest } from "../kit/serve-http.ts";
import type { VerifyToken } from "../managed-identity/verify-token.ts";
import { authenticate, challenge } from "./authenticate.ts";
import { badParameter, describeError, KeyVaultError } from "./errors.ts";
import { answerPage } from "./page.ts";
import { checkName, readBackup, readCreate, readUpdate, showBackup } from "./read-secret.ts";
import { showDeleted, showItem, showProperties, showSecret } from "./show-secret.ts";
import type { Vault } from "./vault.ts";

export type KeyVaultGate = Gate<HttpRequest, HttpAnswer>;

export interface DispatchDeps {
  readonly vault: Vault;
  readonly verify: VerifyToken;
  readonly gate: KeyVaultGate;
  /** Something went wrong inside: the client gets a 500 without the reason. */
  readonly onFailure: (error: unknown) => void;
}

export function createDispatch(deps: DispatchDeps): AnswerRequest {
  return async (request) => {
    const passed = await passGate(deps.gate, request, () => answer(deps, request));
    return passed === "dropped" ? passed : withHeaders(passed);
  };
}

async function answer(deps: DispatchDeps, request: HttpRequest): Promise<HttpAnswer> {
  try {
    await authenticate(request.headers.authorization, deps.verify);
    return answerRoute(deps.vault, request);
  } catch (error) {
    if (error instanceof KeyVaultError) return answerError(error);
    deps.onFailure(error);
    return answerError(new KeyVaultError(500, "InternalServerError", "The emulator failed; its log says why."));
  }
}

export function answerError(error: KeyVaultError): HttpAnswer {
  return answerJson(error.status, describeError(error), error.status === 401 ? { "www-authenticate": challenge } : {});
}

interface Call {
  readonly vault: Vault;
  readonly request: HttpRequest;
  readonly url: URL;
  readonly host: string;
  readonly name: string;
}

function answerRoute(vault: Vault, request: HttpRequest): HttpAnswer {
  const host = request.headers.host ?? "127.0.0.1";
  const url = readUrl(request.path, host);
  checkApiVersion(url.searchParams.get("api-version"));
  const [collection, name = "", ...rest] = url.pathname.split("/").filter((segment) => segment !== "");
  const call = { vault, request, url, host, name };
  if (collection === "secrets") return name === "" ? listSecrets(call) : answerSecret(call, rest);
  if (collection === "deletedsecrets") return name === "" ? listDeleted(call) : answerDeleted(call, rest);
  throw notSupported(request);
}

function readUrl(path: string, host: string): URL {
  const url = URL.parse(path, `https://${host}`);
  if (url === null) throw badParameter("The request URI is not valid.");
  return url;
}

/** Versions that the service knows, and dates of future ones, which newer SDKs ask for: all are answered alike. */
const API_VERSION = /^(2016-10-01|7\.[0-6](-preview(\.\d+)?)?|20(2[5-9]|[3-9]\d)-\d\d-\d\d(-preview(\.\d+)?)?)$/;

function checkApiVersion(version: string | null): void {
  if (!version) throw badParameter("The query parameter api-version is missing.");
  if (API_VERSION.test(version)) return;
  throw badParameter(
    `The specified version (${version}) is not recognized. Consider using the latest supported version (2025-07-01).`,
  );
}

function answerSecret(call: Call, rest: readonly string[]): HttpAnswer {
  const { vault, request, host } = call;
  const [version, ...more] = rest;
  const route = `${request.method} ${rest.length === 1 && (version === "versions" || version === "backup") ? version : ""}`;
  if (more.length > 0) throw notSupported(request);
  // Like the service, this cannot tell a secret of this name from the operation.
  if (request.method === "POST" && call.name === "restore" && version === undefined)
    return ok(showProperties(host, vault.restore(readBackup(request.body))));
  const name = checkName(call.name);
  switch (route) {
    case "GET versions": {
      const read = (after: string, limit: number) => vault.versions(name, after, limit);
      return ok(
        answerPage(
          call,
          read,
          (item) => item.version,
          (item) => showProperties(host, item),
        ),
      );
    }
    case "POST backup":
      return ok(showBackup(vault.backup(name)));
    case "GET ":
      return ok(showSecret(host, vault.get(name, version)));
    case "PATCH ":
      return ok(showProperties(host, vault.update(name, version, readUpdate(request.body))));
    case "PUT ":
      if (version !== undefined) throw notSupported(request);
      return ok(showSecret(host, vault.set(name, readCreate(request.body))));
    case "DELETE ": {
      if (version !== undefined) throw notSupported(request);
      const { secret, deletion } = vault.delete(name);
      return ok(showDeleted(host, secret, deletion));
    }
    default:
      throw notSupported(request);
  }
}

function listSecrets(call: Call): HttpAnswer {
  if (call.request.method !== "GET") throw notSupported(call.request);
  return ok(
    answerPage(
      call,
      call.vault.list,
      (item) => item.name,
      (item) => showItem(call.host, item),
    ),
  );
}

function listDeleted(call: Call): HttpAnswer {
  if (call.request.method !== "GET") throw notSupported(call.request);
  const show = ({ secret, deletion }: ReturnType<Vault["deleted"]>): object => ({
    ...showDeleted(call.host, secret, deletion),
    ...showItem(call.host, secret),
  });
  return ok(answerPage(call, call.vault.listDeleted, ({ secret }) => secret.name, show));
}

function answerDeleted({ vault, request, host, name: given }: Call, rest: readonly string[]): HttpAnswer {
  const name = checkName(given);
  switch (`${request.method} ${rest.join("/")}`) {
    case "GET ": {
      const { secret, deletion } = vault.deleted(name);
      return ok(showDeleted(host, secret, deletion));
    }
    case "DELETE ":
      vault.purge(name);
      return { status: 204, body: "" };
    case "POST recover":
      return ok(showProperties(host, vault.recover(name)));
    default:
      throw notSupported(request);
  }
}

function ok(body: object): HttpAnswer {
  return answerJson(200, body);
}

/** Keys, certificates, and paths that the service does not have either. */
function notSupported({ method, path }: HttpRequest): KeyVaultError {
  const where = path.replace(/\?.*/, "");
  return new KeyVaultError(
    501,
    "NotImplemented",
    `'${method} ${where}' is not supported by this emulator of Key Vault.`,
  );
}

function withHeaders(answered: HttpAnswer): HttpAnswer {
  const own = { "cache-control": "no-cache", "x-ms-request-id": randomUUID() };
  return { ...answered, headers: { ...own, ...answered.headers } };
}
