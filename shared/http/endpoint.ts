import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { AppError } from "../errors.ts";
import { uuidv7 } from "../event/uuid.ts";
import type { Authenticate } from "../identity/authenticate.ts";
import { hasScope, type Principal, type Scope } from "../identity/principal.ts";
import { type Logger, logTo } from "../log.ts";
import { toProblem } from "./problem.ts";

export interface Call {
  readonly request: HttpRequest;
  readonly log: Logger;
}

export interface Answer {
  readonly status: number;
  readonly body: Readonly<Record<string, unknown>> | object;
}

export type Handle = (call: Call & { readonly principal: Principal }) => Promise<Answer>;

/** The one place that authenticates requests and turns errors into HTTP. */
export function createEndpoint(authenticate: Authenticate, scope: Scope, handle: Handle): HttpHandler {
  return createOpenEndpoint(async (call) => {
    const principal = await authenticate(call.request.headers.get("authorization"));
    if (!hasScope(principal, scope)) {
      throw new AppError("scope_missing", `the credential lacks the scope \`${scope}\``, { members: { scope } });
    }
    return handle({ ...call, principal });
  });
}

/** An endpoint that anyone may call. */
export function createOpenEndpoint(handle: (call: Call) => Promise<Answer>): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const requestId = uuidv7(Date.now());
    const log = logTo(context);
    try {
      const { status, body } = await handle({ request, log });
      return respond(status, requestId, "application/json", { request_id: requestId, ...body });
    } catch (error) {
      const problem = toProblem(error, requestId);
      const fields = { request_id: requestId, code: problem.body.code, status: problem.status, error };
      if (problem.status >= 500) log.error("a request failed", fields);
      else if (problem.status === 401 || problem.status === 403) log.warn("a request was refused", fields);
      return respond(problem.status, requestId, "application/problem+json", problem.body, problem.headers);
    }
  };
}

function respond(
  status: number,
  requestId: string,
  contentType: string,
  body: object,
  headers: Readonly<Record<string, string>> = {},
): HttpResponseInit {
  return {
    status,
    headers: { ...headers, "content-type": contentType, "cache-control": "no-store", "x-request-id": requestId },
    body: JSON.stringify(body),
  };
}
