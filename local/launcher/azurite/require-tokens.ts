import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import process from "node:process";
import { localIdentity } from "@headrace/emulators/managed-identity/identity.ts";
import { createTokenVerifier, type VerifyToken } from "@headrace/emulators/managed-identity/verify-token.ts";
import { createFaultSource, obeyParent } from "../faults/fault-source.ts";
import { bodyOf, forbidden, headersOf, type StorageError } from "../faults/storage-error.ts";

/**
 * Loaded into Azurite before its own code (`--import`). Azurite reads the claims of an access token but not its
 * signature, and accepts the account's key as well. With this, it is a storage account with `allowSharedKeyAccess:
 * false` that checks every token. The key set is the file that HEADRACE_TOKEN_KEYS names. Of the faults it has one: the
 * identity's role is taken away.
 */
const STORAGE_RESOURCE = "https://storage.azure.com";

const { createServer } = https;
const verify = await createTokenVerifier(process.env.HEADRACE_TOKEN_KEYS ?? "", {
  isAudience: (audience) => audience === STORAGE_RESOURCE || audience === `${STORAGE_RESOURCE}/`,
  now: Date.now,
});

const faults = createFaultSource(7);
obeyParent(faults);

https.createServer = ((...args: Parameters<typeof createServer>) => {
  const server = createServer(...args);
  const emit = server.emit.bind(server);
  // Azurite replaces the listeners of a server that it was given; emitted events pass here all the same.
  server.emit = (event: string, ...values: unknown[]): boolean => {
    if (event !== "request") return emit(event, ...values);
    const [request, response] = values as [IncomingMessage, ServerResponse];
    void findFault(request, verify).then((fault) => (fault ? refuse(response, fault) : emit(event, ...values)));
    return true;
  };
  return server;
}) as typeof createServer;

async function findFault(request: IncomingMessage, check: VerifyToken): Promise<StorageError | undefined> {
  const { authorization = "" } = request.headers;
  if (/^SharedKey/i.test(authorization) || /[?&]sig=/.test(request.url ?? "")) {
    const message = "Key based authentication is not permitted on this storage account.";
    return { status: 403, code: "KeyBasedAuthenticationNotPermitted", message };
  }
  const token = /^Bearer (\S+)$/i.exec(authorization)?.[1];
  if (token === undefined) {
    const message =
      "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.";
    return { status: 401, code: "NoAuthenticationInformation", message };
  }
  const verdict = await check(token);
  if (verdict.ok) return faults.draw("forbidden") && forbidden;
  const message = `Server failed to authenticate the request: ${verdict.problem} (${verdict.found}).`;
  return { status: 401, code: "InvalidAuthenticationInfo", message };
}

function refuse(response: ServerResponse, fault: StorageError): boolean {
  const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/${localIdentity.tenantId}/oauth2/authorize resource_id=${STORAGE_RESOURCE}`;
  const more = fault.status === 401 ? { "www-authenticate": challenge } : undefined;
  response.writeHead(fault.status, { ...headersOf(fault), ...more });
  response.end(bodyOf(fault));
  return true;
}
