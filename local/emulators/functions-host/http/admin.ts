import type { IncomingMessage, ServerResponse } from "node:http";
import process from "node:process";
import { readBody } from "../../kit/serve-http.ts";
import { getSetting } from "../app-settings.ts";
import type { AppFunction } from "../functions.ts";
import { messageOf } from "../host-error.ts";
import type { Invoke } from "../invoke.ts";
import { bindingDataOf } from "../listener.ts";
import type { HandleAdmin } from "./http-server.ts";
import { refuseAdmin } from "./refuse-admin.ts";
import { writeEmpty } from "./write-response.ts";

const HOME_PAGE =
  "<!DOCTYPE html><html><head><title>Functions host</title></head><body><h1>Your function app is up and running</h1></body></html>";
const MAX_INPUT_BYTES = 1_048_576;

export interface AdminDeps {
  readonly functions: readonly AppFunction[];
  readonly invoke: Invoke;
  readonly hostId: string;
  /** What a request that does something has in `x-functions-key`. Undefined: there are none. */
  readonly adminKey: string | undefined;
  readonly describe: (fn: AppFunction) => object;
  readonly reportError: (message: string) => void;
}

function writeJson(response: ServerResponse, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(200, {
    "content-type": "application/json; charset=utf-8",
    "content-length": Buffer.byteLength(text),
  });
  response.end(text);
}

/** Host `HomepageMiddleware.cs`. Then `/` is the app's. */
function isHomepageOff(): boolean {
  return getSetting("AzureWebJobsDisableHomepage")?.toLowerCase() === "true";
}

/** The `input` of a manual invocation; undefined when the body is missing or has none. */
function parseInput(text: string): string | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed !== "object" || parsed === null || !("input" in parsed)) return undefined;
    return typeof parsed.input === "string" ? parsed.input : JSON.stringify(parsed.input);
  } catch {
    return undefined;
  }
}

/** The host's own paths: `GET /`, open to everyone unless it is off, and `/admin/…`. */
export function createAdmin(deps: AdminDeps): HandleAdmin {
  const { functions, invoke, hostId, adminKey, describe, reportError } = deps;
  const byName = new Map(functions.map((fn) => [fn.name.toLowerCase(), fn]));
  const warmup = functions.find((fn) => fn.trigger === "warmup" && !fn.disabled);
  let warm = false;

  async function warmUp(): Promise<void> {
    if (!warmup || warm) return;
    warm = true;
    await invoke(warmup, { input: { json: "{}" } }).catch(() => undefined);
  }

  async function invokeManually(fn: AppFunction, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const text = await readBody(request, MAX_INPUT_BYTES);
    if (text === undefined) throw new Error("The input is too long.");
    const input = parseInput(text);
    if (input === undefined || fn.trigger === "http") return writeEmpty(response, 400);
    const many = fn.binding.cardinality === "many";
    const data = many ? { collectionString: { string: [input] } } : { string: input };
    // Answered before it runs; an error of it is in the log.
    invoke(fn, { input: data, triggerMetadata: bindingDataOf(input) }).catch(() => undefined);
    writeEmpty(response, 202);
  }

  function hostStatus(): object {
    const processUptime = Math.round(process.uptime() * 1000);
    return {
      id: hostId,
      state: "Running",
      version: "4.1037.0",
      versionDetails: "local",
      platformVersion: "",
      processUptime,
    };
  }

  async function handle(request: IncomingMessage, response: ServerResponse, path: string): Promise<void> {
    const [, area, name, detail] = path.toLowerCase().split("/").slice(1);
    if (area === "warmup") {
      await warmUp();
      return writeEmpty(response, 200);
    }
    if (area === "host" && name === "ping") return writeEmpty(response, 200);
    if (area === "host" && name === "status") return writeJson(response, hostStatus());
    if (area !== "functions") return writeEmpty(response, 404);
    if (!name) return writeJson(response, functions.map(describe));
    const fn = byName.get(name);
    if (!fn) return writeEmpty(response, 404);
    if (detail === "status") return writeJson(response, {});
    if (request.method === "POST") return invokeManually(fn, request, response);
    writeJson(response, describe(fn));
  }

  return (request, response, path) => {
    if (path === "/" && request.method === "GET" && !isHomepageOff()) {
      response.writeHead(200, { "content-type": "text/html" }).end(HOME_PAGE);
      return true;
    }
    if (!/^\/admin(\/|$)/i.test(path)) return false;
    const refused = refuseAdmin(request, adminKey);
    if (refused !== undefined) {
      response.setHeader("connection", "close");
      writeEmpty(response, refused);
      return true;
    }
    handle(request, response, path).catch((error: unknown) => {
      reportError(`${path} failed: ${messageOf(error)}`);
      if (!response.headersSent) writeEmpty(response, 500);
    });
    return true;
  };
}
