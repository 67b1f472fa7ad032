import type { Cookie, HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from "@azure/functions";
import { AppError } from "../errors.ts";
import type { Authenticate, Principal, RequireCurrent } from "../identity/principal.ts";
import { uuidv7 } from "../runtime/uuid.ts";
import { type Logger, logTo } from "../telemetry/log.ts";
import { answerFields } from "./cors.ts";
import { type Deprecation, deprecationFields, refuseGone, type Versions } from "./deprecations.ts";
import type { Edge } from "./edge.ts";
import { toOAuthError } from "./oauth-error.ts";
import { answerPage, html } from "./page.ts";
import { noParameters, queryOf, readParameters } from "./parameters.ts";
import { type Problem, toProblem } from "./problem.ts";
import { type Route, type RouteName, routeNames, routes } from "./routes.ts";

export interface Call {
  readonly request: HttpRequest;
  readonly requestId: string;
  readonly log: Logger;
  /** Goes out with the answer, also when that is an error. */
  setCookie(cookie: Cookie): void;
}

export interface Answer {
  readonly status: number;
  /** An object gets the `request_id` and goes out as JSON; texts and bytes go out as they are: `headers` say what. */
  readonly body?: object | string | Uint8Array;
  /** `cache-control` is `no-store` unless it is given here. */
  readonly headers?: Readonly<Record<string, string>>;
}

export interface PrincipalCall extends Call {
  readonly principal: Principal;
}

/** An endpoint that needs a scope has a principal. */
export type Handle<Name extends RouteName> = (
  call: (typeof routes)[Name]["access"] extends "anyone" ? Call : PrincipalCall,
) => Promise<Answer>;

/** What a caller shows, as the value of an `Authorization` header; null for nothing. */
export type CredentialOf = (request: HttpRequest) => string | null | Promise<string | null>;

/**
 * `prepare` is called before the request is authenticated, and not waited for: it opens what `handle` is going to need.
 * `credentialOf` finds what the request is authenticated by; by default that is its `Authorization` header.
 */
export type Handler<Name extends RouteName> =
  | Handle<Name>
  | { readonly prepare?: () => void; readonly credentialOf?: CredentialOf; readonly handle: Handle<Name> };

/** A handler for each row of the route table. A row without one does not compile, nor does a handler without a row. */
export type Handlers = { readonly [Name in RouteName]: Handler<Name> };

export interface EndpointDeps {
  readonly edge: Edge;
  readonly authenticate: Authenticate;
  readonly requireCurrent: RequireCurrent;
  /** Default: no route is to go. */
  readonly versions?: Versions;
}

export type CreateEndpoint = <Name extends RouteName>(name: Name, handler: Handler<Name>) => HttpHandler;

/**
 * The one place that refuses what came past the edge and what has ended, authenticates requests, asks for the scope
 * that `routes` names, asks the store whether who changes something still may, refuses parameters where there are none,
 * and turns errors into HTTP.
 */
export function createEndpoint(deps: EndpointDeps): CreateEndpoint {
  return (name, handler) => {
    const { prepare, credentialOf, handle } = typeof handler === "function" ? { handle: handler } : handler;
    const route: Route = routes[name];
    const { direct, query } = route;
    const { versions } = deps;
    const deprecation = versions?.deprecations[name];
    const admit = createAdmit(deps, route, credentialOf);
    const run = handle as (call: Call & { readonly principal?: Principal }) => Promise<Answer>;
    return createHandler(
      async (call, identify) => {
        if (!direct) deps.edge.check(call.request);
        if (versions && deprecation) refuseGone(deprecation, versions.now());
        prepare?.();
        const admitted = await admit(call, identify);
        if (deprecation) versions?.countUse(name, admitted.principal?.orgId ?? null);
        if (query === undefined && call.request.url.includes("?")) readParameters(noParameters, queryOf(call.request));
        return run({ ...call, ...admitted });
      },
      { ...route, deprecation },
    );
  };
}

/** What the function for everything that has no route calls. Nobody is asked who they are. */
export function createUnroutedEndpoint({ edge }: Pick<EndpointDeps, "edge">, handle: HandleCall): HttpHandler {
  return createHandler(async (call, identify) => {
    edge.check(call.request);
    return await handle(call, identify);
  });
}

/** What the functions of all routes call. */
export function createEndpoints(deps: EndpointDeps, handlers: Handlers): Readonly<Record<RouteName, HttpHandler>> {
  const create = createEndpoint(deps);
  const endpoints = routeNames.map((name) => [name, create(name, handlers[name] as Handler<typeof name>)]);
  return Object.fromEntries(endpoints) as Record<RouteName, HttpHandler>;
}

/** Tells whose request it is, for the log line of what goes wrong from then on. */
type Identify = (principal: Principal) => void;
type Admit = (call: Call, identify: Identify) => Promise<{ readonly principal?: Principal }>;

const inHeader: CredentialOf = ({ headers }) => headers.get("authorization");

function createAdmit(
  { authenticate, requireCurrent }: EndpointDeps,
  { access, changes }: Route,
  credentialOf = inHeader,
): Admit {
  if (access === "anyone") return async () => ({});
  return async ({ request }, identify) => {
    const principal = await authenticate(await credentialOf(request), access, request.headers.get("origin"));
    identify(principal);
    if (changes) await requireCurrent(principal, access);
    return { principal };
  };
}

interface HandlerOptions extends Partial<Pick<Route, "errors" | "cors">> {
  readonly deprecation?: Deprecation | undefined;
}

type HandleCall = (call: Call, identify: Identify) => Promise<Answer>;

function createHandler(handle: HandleCall, { errors, cors, deprecation }: HandlerOptions = {}): HttpHandler {
  return async (request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> => {
    const requestId = uuidv7(Date.now());
    const log = logTo(context);
    const cookies: Cookie[] = [];
    const fields = {
      ...(cors && answerFields(request, cors)),
      ...(deprecation && deprecationFields(deprecation, request)),
    };
    let whose: { readonly org_id: string; readonly subject: string } | undefined;
    const identify: Identify = ({ orgId, subject }) => {
      whose = { org_id: orgId, subject };
    };
    const setCookie = (cookie: Cookie): void => void cookies.push(cookie);
    try {
      return respond(requestId, cookies, await handle({ request, requestId, log, setCookie }, identify), fields);
    } catch (error) {
      const problem = errors === "oauth" ? toOAuthError(error, requestId) : toProblem(error, requestId);
      const about = { request_id: requestId, ...whose, code: problem.body.code, status: problem.status, error };
      if (problem.status >= 500) log.error("a request failed", about);
      else if (errors === "page" || isRefusal(error)) log.warn("a request was refused", about);
      return respond(requestId, cookies, errors === "page" ? toPage(problem) : toJson(problem, errors), fields);
    }
  };
}

/** By the error's own status: OAuth has 400 for an org that is suspended. */
function isRefusal(error: unknown): boolean {
  return error instanceof AppError && (error.status === 401 || error.status === 403);
}

function respond(
  requestId: string,
  cookies: Cookie[],
  { status, body, headers }: Answer,
  fields: Answer["headers"],
): HttpResponseInit {
  const isJson = typeof body === "object" && !(body instanceof Uint8Array);
  const contentType = isJson ? { "content-type": "application/json" } : undefined;
  const sent = isJson ? JSON.stringify({ request_id: requestId, ...body }) : body;
  return {
    status,
    headers: {
      ...contentType,
      "cache-control": "no-store",
      ...headers,
      ...fields,
      ...bothLinks(headers, fields),
      "x-request-id": requestId,
    },
    ...(sent === undefined ? undefined : { body: sent }),
    // Not as headers: of several `set-cookie` headers the host sends the last one only.
    ...(cookies.length === 0 ? undefined : { cookies }),
  };
}

/** A page has a link to the next one; a route that is to go has links of its own. */
function bothLinks(answer: Answer["headers"], route: Answer["headers"]): Answer["headers"] {
  return answer?.link && route?.link ? { link: `${answer.link}, ${route.link}` } : undefined;
}

function toJson(problem: Problem, errors: Route["errors"]): Answer {
  const contentType = errors === "oauth" ? "application/json" : "application/problem+json";
  return { ...problem, headers: { ...problem.headers, "content-type": contentType } };
}

/** For people: what happened, what to do, and what to report. */
function toPage({ status, headers, body }: Problem): Answer {
  const { code, title, detail, fix, request_id } = body;
  const next =
    code === "invitation_unknown"
      ? html`<a class="choice" href="/api/v1/auth/join">Enter an invitation</a>`
      : html`<a class="choice" href="/api/v1/auth/login">Sign in</a>`;
  const page = answerPage({
    status,
    title: String(title),
    body: html`<p>${plain(String(detail).replace(/^[a-z]/, (first) => first.toUpperCase()))}.</p>
<p>${plain(fix)}</p>
<p>${next}</p>
<p><small>Request ${String(request_id)}</small></p>`,
  });
  return { ...page, headers: { ...headers, ...page.headers } };
}

/** Texts are written for documents, where backticks mark what is code. */
function plain(text: unknown): string {
  return String(text).replaceAll("`", "");
}
