import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { IdentityProviders } from "../../../../shared/access/sign-in/identity-providers.ts";
import { createOpenidIdentityProviders } from "../../../../shared/access/sign-in/openid-identity-providers.ts";

const redirectUri = "https://headrace.test/callback";
const checks = { state: "s", nonce: "n", verifier: "v".repeat(43) };

let answerToken: (response: ServerResponse) => void;
let server: Server;
let providers: IdentityProviders;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === "/token") return answerToken(response);
    answer(response, 200, { issuer, authorization_endpoint: `${issuer}/authorize`, token_endpoint: `${issuer}/token` });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const issuer = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  const provider = { id: "p", name: "The provider", issuer, clientId: "c", clientSecretName: "s" };
  providers = createOpenidIdentityProviders([provider], { readSecret: async () => "secret", now: Date.now });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each<[string, (response: ServerResponse) => void]>([
  ["closes the connection without an answer", (response) => response.destroy()],
  ["answers 500 without a body", (response) => response.writeHead(500).end()],
  ["answers 502 with a page", (response) => response.writeHead(502, { "content-type": "text/html" }).end("<p>Bad")],
  ["answers 503 with an error", (response) => answer(response, 503, { error: "temporarily_unavailable" })],
  ["answers 429", (response) => answer(response, 429, { error: "slow_down" })],
  ["answers 429 with a page", (response) => response.writeHead(429, { "content-type": "text/html" }).end("<p>Slow")],
  ["says in a 400 that it is unavailable", (response) => answer(response, 400, { error: "temporarily_unavailable" })],
])("a provider that %s is unavailable", async (_, token) => {
  answerToken = token;
  await expect(complete("code=c&state=s")).rejects.toMatchObject({ code: "provider_unavailable", retryAfter: 30 });
});

it.each<[string, (response: ServerResponse) => void]>([
  ["refuses with a page", (response) => response.writeHead(403, { "content-type": "text/html" }).end("<p>No")],
  ["refuses the code", (response) => answer(response, 400, { error: "invalid_grant" })],
  ["sends what is not JSON", (response) => response.writeHead(200, { "content-type": "application/json" }).end("{")],
  ["ends in the middle of its answer", (response) => breakOff(response)],
  ["sends no ID token", (response) => answer(response, 200, { access_token: "a", token_type: "bearer" })],
  [
    "sends an ID token that is not one",
    (response) => answer(response, 200, { access_token: "a", token_type: "bearer", id_token: "fetch failed.*.*" }),
  ],
])("the sign-in fails with a provider that %s", async (_, token) => {
  answerToken = token;
  await expect(complete("code=c&state=s")).rejects.toMatchObject({ code: "sign_in_failed" });
});

it("the parameters that come back with the person decide before the token endpoint is asked", async () => {
  await expect(complete("error=access_denied&state=s")).rejects.toMatchObject({ code: "sign_in_cancelled" });
  await expect(complete("error=invalid_scope&state=s")).rejects.toMatchObject({ code: "sign_in_failed" });
  for (const error of ["server_error", "temporarily_unavailable"])
    await expect(complete(`error=${error}&state=s`)).rejects.toMatchObject({ code: "provider_unavailable" });
  await expect(complete("code=c&state=another")).rejects.toMatchObject({ code: "sign_in_failed" });
});

function complete(query: string): Promise<unknown> {
  return providers.complete("p", redirectUri, new URLSearchParams(query), checks);
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function breakOff(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "application/json", "content-length": 100 });
  response.write("{", () => response.destroy());
}
