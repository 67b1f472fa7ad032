import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { uuidv7 } from "../event/uuid.ts";
import type { Authenticate } from "../identity/authenticate.ts";
import type { Principal } from "../identity/principal.ts";
import { type Logger, logTo } from "../log.ts";
import { toProblem } from "./problem.ts";
import { type Access, type RouteName, routes } from "./routes.ts";

export interface Call {
  readonly request: HttpRequest;
  readonly requestId: string;
  readonly log: Logger;
}

export interface Answer {
  readonly status: number;
  /** An object gets the `request_id` and goes out as JSON; a text goes out as it is, as `headers` say what it is. */
  readonly body?: object | string;
  /** `cache-control` is `no-store` unless it is given here. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: HttpResponseInit["cookies"];
}

/** An endpoint that needs a scope has a principal. */
export type Handle<Name extends RouteName> = (
  call: (typeof routes)[Name]["access"] extends "anyone" ? Call : Call & { readonly principal: Principal },
) => Promise<Answer>;

export type CreateEndpoint = <Name extends RouteName>(name: Name, handle: Handle<Name>) => HttpHandler;

/** The one place that authenticates requests, asks for the scope that `routes` names, and turns errors into HTTP. */
export function createEndpoints(authenticate: Authenticate): CreateEndpoint {
  return (name, handle) => {
    const { access }: { access: Access } = routes[name];
    const run = handle as (call: Call & { principal?: Principal }) => Promise<Answer>;
    if (access === "anyone") return createHandler(run);
    return createHandler(async (call) => {
      const principal = await authenticate(call.request.headers.get("authorization"), access);
      return run({ ...call, principal });
    });
  };
}

function createHandler(handle: (call: Call) => Promise<Answer>): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const requestId = uuidv7(Date.now());
    const log = logTo(context);
    try {
      return respond(requestId, await handle({ request, requestId, log }));
    } catch (error) {
      const problem = toProblem(error, requestId);
      const fields = { request_id: requestId, code: problem.body.code, status: problem.status, error };
      if (problem.status >= 500) log.error("a request failed", fields);
      else if (problem.status === 401 || problem.status === 403) log.warn("a request was refused", fields);
      return respond(requestId, {
        ...problem,
        headers: { ...problem.headers, "content-type": "application/problem+json" },
      });
    }
  };
}

function respond(requestId: string, { status, body, headers, cookies }: Answer): HttpResponseInit {
  const contentType = typeof body === "object" ? { "content-type": "application/json" } : undefined;
  const text = typeof body === "object" ? JSON.stringify({ request_id: requestId, ...body }) : body;
  return {
    status,
    headers: { ...contentType, "cache-control": "no-store", ...headers, "x-request-id": requestId },
    ...(text === undefined ? undefined : { body: text }),
    ...(cookies === undefined ? undefined : { cookies }),
  };
}
