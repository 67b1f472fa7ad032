import type { IncomingMessage, ServerResponse } from "node:http";
import https from "node:https";
import process from "node:process";
import { localIdentity } from "@headrace/emulators/managed-identity/identity.ts";
import { createTokenVerifier, type VerifyToken } from "@headrace/emulators/managed-identity/verify-token.ts";

/**
 * Loaded into Azurite before its own code (`--import`). Azurite reads the claims of an access token but not its
 * signature, and accepts the account's key as well. With this, it is a storage account with `allowSharedKeyAccess:
 * false` that checks every token. The key set is the file that HEADRACE_TOKEN_KEYS names.
 */
const STORAGE_RESOURCE = "https://storage.azure.com";

const { createServer } = https;
const verify = await createTokenVerifier(process.env.HEADRACE_TOKEN_KEYS ?? "", {
  isAudience: (audience) => audience === STORAGE_RESOURCE || audience === `${STORAGE_RESOURCE}/`,
  now: Date.now,
});

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

interface Fault {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

async function findFault(request: IncomingMessage, check: VerifyToken): Promise<Fault | undefined> {
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
  if (verdict.ok) return undefined;
  const message = `Server failed to authenticate the request: ${verdict.problem} (${verdict.found}).`;
  return { status: 401, code: "InvalidAuthenticationInfo", message };
}

function refuse(response: ServerResponse, { status, code, message }: Fault): boolean {
  const challenge = `Bearer authorization_uri=https://login.microsoftonline.com/${localIdentity.tenantId}/oauth2/authorize resource_id=${STORAGE_RESOURCE}`;
  response.writeHead(status, {
    "content-type": "application/xml",
    "x-ms-error-code": code,
    ...(status === 401 ? { "www-authenticate": challenge } : {}),
  });
  response.end(
    `<?xml version="1.0" encoding="utf-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
  );
  return true;
}
