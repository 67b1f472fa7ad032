import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import process from "node:process";
import { defaultStateDir } from "../local/launcher/project.ts";
import { StackError } from "../local/launcher/stack-error.ts";
import { readOrgs, requireRunning } from "../local/launcher/state.ts";
import type { ApiOptions } from "./call-api.ts";
import { type Command, parseFlags, readNumber, readPortFlag, readUrl } from "./command.ts";
import { printable } from "./listen/cut-secrets.ts";
import { describeExchange, describeSettled, readAccepted } from "./listen/describe-exchange.ts";
import type { Exchange } from "./listen/exchange.ts";
import { findKeys, type KeySources } from "./listen/find-keys.ts";
import { followReceipt } from "./listen/follow-receipt.ts";
import { createProxy } from "./listen/proxy.ts";
import { type ReadEvents, readEvents } from "./listen/read-events.ts";
import { stopWithNpm } from "./stop-with-npm.ts";

const help = `Usage: npx headrace listen [FLAGS]

Stands between an SDK and Headrace: passes every request on as it is, and shows it with its answer, and from the receipt
what became of each event and what was wrong with it. Point an SDK at the address that it prints. Keys and tokens are cut
from what is shown. Ends with Ctrl-C.

  --to URL       a Headrace elsewhere                      (the one that runs on this machine)
  --port N       on 127.0.0.1                              (7070; 0 = any free port)
  --key KEY      an API key that may read receipts         (the one that a request brings, or its org's on this machine;
                 (or HEADRACE_API_KEY)                      a publishable key reads none)
  --wait N       seconds to wait for a receipt             (60)
  --state DIR    state folder of the local Headrace        (.headrace)
`;

const flags = {
  to: { type: "string" },
  port: { type: "string", default: "7070" },
  key: { type: "string" },
  wait: { type: "string", default: "60" },
  state: { type: "string", default: defaultStateDir },
} as const;

/** `headrace listen` */
export const listen: Command = { help, run: runListen };

const MOST_RETRIED_MS = 10_000;

async function runListen(args: string[]): Promise<number> {
  const { values } = parseFlags(args, flags);
  const port = readPortFlag("--port", values.port);
  const patienceMs = readNumber("--wait", values.wait, { min: 1, max: 3_600 }) * 1000;
  const stateDir = resolve(values.state);
  const baseUrl = values.to === undefined ? requireRunning(stateDir).baseUrl : readUrl("--to", values.to);
  const given = values.key ?? process.env.HEADRACE_API_KEY;
  const orgs = values.to === undefined ? () => readOrgs(stateDir) : () => [];
  const stop = new AbortController();
  const api = { baseUrl, maxWaitMs: MOST_RETRIED_MS, signal: stop.signal };
  const show = createShow({ keys: { orgs, ...(given !== undefined && { given }) }, api, patienceMs });
  const server = createProxy({ target: new URL(baseUrl), onExchange: show });
  const stopped = untilStopped();
  await startServer(server, port);
  const { port: taken } = server.address() as AddressInfo;
  const where = `http://127.0.0.1:${taken}`;
  process.stdout.write(`Listening on ${where}, and passing everything on to ${printable(baseUrl)}. Ctrl-C ends.\n`);
  await stopped;
  stop.abort();
  server.close();
  server.closeAllConnections();
  return 0;
}

type Show = (exchange: Exchange) => void;

interface ShowOptions {
  readonly keys: KeySources;
  readonly api: ApiOptions;
  readonly patienceMs: number;
}

/** Prints an exchange, and, when its receipt has settled, what became of its events, under the same number. */
function createShow(options: ShowOptions): Show {
  return (exchange) => {
    const events = readEvents(exchange);
    print(exchange.number, describeExchange(exchange, events));
    describeRest(exchange, events, options).then(
      (lines) => print(exchange.number, lines),
      // Whoever ends it waits for nothing.
      (error: unknown) => options.api.signal?.aborted || print(exchange.number, [printable(error)]),
    );
  };
}

async function describeRest(exchange: Exchange, events: ReadEvents, options: ShowOptions): Promise<string[]> {
  const accepted = readAccepted(exchange.answer);
  if (!accepted) return [];
  const keys = findKeys(exchange, options.keys);
  const settled = await followReceipt(accepted.receiptId, keys, options.api, options.patienceMs);
  if (typeof settled !== "string") return describeSettled(settled, events, accepted);
  return [`receipt ${printable(accepted.receiptId)}: ${printable(settled)}`];
}

/** Each line under the number of its request, since several are under way at once. */
function print(number: number, lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `#${number} ${line}\n`).join(""));
}

function startServer(server: Server, port: number): Promise<void> {
  return new Promise((resolveStarted, reject) => {
    server.once("error", ({ message }) =>
      reject(new StackError(`Port ${port} of 127.0.0.1 cannot be taken: ${message}. Give another with --port.`)),
    );
    server.listen(port, "127.0.0.1", resolveStarted);
  });
}

function untilStopped(): Promise<void> {
  return new Promise((resolveStopped) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => resolveStopped());
    stopWithNpm(resolveStopped);
  });
}
