import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type Provider from "oidc-provider";
import { close, listen } from "../kit/listen.ts";
import { people } from "./people.ts";
import { createProvider, type OpenidClient } from "./provider.ts";

export interface OpenidProviderOptions {
  /** 0 takes any free one. */
  readonly port: number;
  readonly client: OpenidClient;
}

export interface RunningProvider {
  /** `http://localhost:7072`: a different site than an app on 127.0.0.1, as a real provider is. */
  readonly issuer: string;
  close(): Promise<void>;
}

/** @throws when the port is taken */
export async function startOpenidProvider({ port, client }: OpenidProviderOptions): Promise<RunningProvider> {
  const server = createServer();
  const issuer = `http://localhost:${await listen(server, port)}`;
  const provider = createProvider(issuer, client);
  const answer = provider.callback();
  server.on("request", (request: IncomingMessage, response: ServerResponse) => {
    const { pathname, searchParams } = new URL(request.url ?? "/", issuer);
    const interaction = /^\/interaction\/[\w-]+$/.test(pathname);
    const done = interaction
      ? showOrFinish(provider, request, response, searchParams.get("person"))
      : answer(request, response);
    done.catch((error: unknown) => {
      console.error("openid-provider:", error);
      if (!response.headersSent) response.writeHead(500).end("The local OpenID provider failed; its log says why.\n");
    });
  });
  return { issuer, close: () => close(server, 0) };
}

async function showOrFinish(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
  chosen: string | null,
): Promise<void> {
  const person = people.find(({ id }) => id === chosen);
  if (person) return provider.interactionFinished(request, response, { login: { accountId: person.id } });
  if (chosen === "nobody") {
    const result = { error: "access_denied", error_description: "nobody wants to sign in" };
    return provider.interactionFinished(request, response, result);
  }
  const { uid } = await provider.interactionDetails(request, response);
  response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
  response.end(describePeople(uid));
}

function describePeople(uid: string): string {
  const links = [...people, { id: "nobody", name: "nobody (cancel)" }].map(
    ({ id, name }) => `<li><a href="/interaction/${uid}?person=${id}">${name}</a></li>`,
  );
  return `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Local sign-in</title><h1>Who are you?</h1>
<p>The OpenID provider of this machine. It asks for no password.</p><ul>${links.join("\n")}</ul></html>\n`;
}
