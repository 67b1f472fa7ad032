import { relative } from "node:path";
import process from "node:process";
import type { Stack } from "../local/launcher/stack.ts";
import type { Org } from "../local/launcher/state.ts";

export const startHelp = `Usage: npm start [-- FLAGS], or npx headrace start [FLAGS]

Runs Headrace on this machine: the function app and the services that it needs, on 127.0.0.1, until Ctrl-C.

  --port N                   the API                       (7071; 0 = any free port, likewise below)
  --cosmos-port N            Cosmos DB emulator            (8081)
  --event-hubs-port N        Event Hubs emulator           (5672)
  --blob-port N              Azurite, blobs                (10000)
  --queue-port N             Azurite, queues               (10001)
  --key-vault-port N         Key Vault emulator            (8443)
  --managed-identity-port N  gives out access tokens       (8442)
  --openid-provider-port N   where people sign in          (7072)
  --state DIR                where everything is kept      (.headrace)
  --fresh                    start from nothing: removes the data, keys and orgs of earlier runs
  --access HOW               managed-identity: over TLS and with tokens, as deployed, or
                             connection-strings, with the emulators' well-known keys   (managed-identity)
  --app DIR                  the function app to run       (this project; dist after \`npm run build\`)
  --json                     one line of JSON on stdout when ready, and nothing else
  --chaos mild|wild          make the services fail: refusals, lost answers, full disks
                             (local/launcher/faults); with connection strings
  --help
`;

/**
 * The output of a start: the first thing that anyone sees of the product. It fits a screen, and its commands can be
 * pasted.
 */
export function describeStart(stack: Stack, orgs: readonly Org[], seconds: number): string {
  const { baseUrl, stateDir } = stack;
  const demo = orgs.find((org) => org.name === "demo");
  const others = orgs.length > 1 ? ` and ${orgs.length - 1} more (\`npx headrace org list\`)` : "";
  const key = demo?.apiKey ?? "KEY";
  return `
Headrace is ready after ${seconds.toFixed(1)} s.

  API          ${baseUrl}
  Cosmos DB    ${stack.cosmos.endpoint}    Event Hubs  ${stack.eventHubs.endpoint}
  Blobs        ${stack.storage.blobEndpoint}   Queues      ${stack.storage.queueEndpoint}
  Key Vault    ${stack.keyVault.endpoint}   Tokens      ${new URL(stack.identity.IDENTITY_ENDPOINT).origin}
  Access       ${describeAccess(stack)}
  State, logs  ${shorten(stateDir)}, ${shorten(stateDir)}/logs

  Org          ${demo?.id ?? "demo"}${others}
  API key      ${demo?.apiKey ?? "not kept here; sign in as Ada and make one, or start with --fresh"}
  People       ${baseUrl}/api/v1/auth/login as Ada (admin), Ben (in two orgs), Cleo or Dora (in none)

Send an event:

  curl -s ${baseUrl}/api/v1/events -H 'Authorization: Bearer ${key}' \\
    -H 'Content-Type: application/json' -d '{"event_id":"hello-1","event_type":"page_viewed","user_id":"ada"}'

What became of it (the receipt_id is in the answer), and read it back:

  curl -s ${baseUrl}/api/v1/receipts/RECEIPT_ID -H 'Authorization: Bearer ${key}'
  curl -s ${baseUrl}/api/v1/events/hello-1 -H 'Authorization: Bearer ${key}'

Then:  npx headrace send FILE.ndjson    sends a file of events, counts what became of each
       npx headrace org create NAME     makes another org with a key of its own
       local/README.md                  what runs here, and how it differs from Azure

Ctrl-C stops everything; the data stays for the next start.
`;
}

function describeAccess({ access, stateDir }: Stack): string {
  return access === "managed-identity"
    ? `managed identity, over TLS; trust ${shorten(stateDir)}/certificate/ca.pem`
    : "connection strings with the emulators' well-known keys";
}

function shorten(path: string): string {
  const fromHere = relative(process.cwd(), path);
  return fromHere !== "" && !fromHere.startsWith("..") ? fromHere : path;
}
