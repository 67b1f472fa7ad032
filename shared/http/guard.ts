import type { HttpHandler, HttpRequest } from "@azure/functions";
import { uuidv7 } from "../runtime/uuid.ts";
import { logTo } from "../telemetry/log.ts";
import { toProblem } from "./problem.ts";

/**
 * A handler as it is registered: it answers whatever it throws, and has the parameters of its path from there only. The
 * worker's ordinary mode would make an empty 500 of an error, and its streaming mode no answer at all
 * (docs/adr/0049).
 */
export function guard(path: string, handle: HttpHandler): HttpHandler {
  const names = parametersOf(path);
  return async (request, context) => {
    try {
      if (names.length > 0) takeFromPath(request, names);
      return await handle(request, context);
    } catch (error) {
      const requestId = uuidv7(Date.now());
      const { status, body } = toProblem(error, requestId);
      logTo(context).error("a handler failed", { request_id: requestId, error });
      const type = { "content-type": "application/problem+json" };
      const headers = { ...type, "cache-control": "no-store", "x-request-id": requestId };
      return { status, headers, body: JSON.stringify(body) };
    }
  };
}

/** The names of a route's parameters, `{key_id}` or `{*path}`. */
function parametersOf(path: string): readonly string[] {
  return Array.from(path.matchAll(/\{\*?(\w+)\}/g), ([, name = ""]) => name);
}

/**
 * Where the worker streams HTTP, the query and a JSON body have their names among the parameters too. They never have
 * the value of one that the path has, and can have its spelling: `?KEY_ID=x` makes `key_id` go by `KEY_ID`.
 */
function takeFromPath(request: HttpRequest, names: readonly string[]): void {
  const given = Object.entries(request.params);
  const own = names.flatMap((name) => {
    const found = given.find(([each]) => each.toLowerCase() === name.toLowerCase());
    return found ? [[name, found[1]] as const] : [];
  });
  Object.defineProperty(request, "params", { value: Object.fromEntries(own) });
}
