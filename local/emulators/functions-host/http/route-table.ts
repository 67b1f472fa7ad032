import type { AppFunction } from "../functions.ts";
import { textProperty } from "../functions.ts";
import { HostError } from "../host-error.ts";
import { compileRoute, type MatchRoute } from "./route-template.ts";

export interface HttpRoute {
  readonly fn: AppFunction;
  /** With the prefix, without a leading slash. */
  readonly template: string;
  readonly methods: readonly string[];
  readonly match: MatchRoute;
}

export interface MatchedRoute {
  readonly route: HttpRoute;
  readonly params: Record<string, string>;
}

export interface RouteTable {
  readonly routes: readonly HttpRoute[];
  /** @param path percent-decoded, with its leading slash */
  find(method: string, path: string): MatchedRoute | undefined;
}

function methodsOf(fn: AppFunction): string[] {
  const methods = fn.binding.methods;
  if (!Array.isArray(methods)) throw new HostError(`Function ${fn.name}: methods must be a list.`);
  return methods.map((method) => String(method).toUpperCase());
}

function toRoute(fn: AppFunction, prefix: string): HttpRoute {
  const own = (textProperty(fn, "route") ?? fn.name).replace(/^\/+/, "");
  // The real host leaves such a function out with an error in the log (ScriptHost.cs:874); here the app does not start.
  if (/^(admin|runtime)(\/|$)/i.test(own)) {
    throw new HostError(`Function ${fn.name}: the route '${own}' conflicts with the host's own routes.`);
  }
  const template = [prefix.replace(/^\/+|\/+$/g, ""), own].filter(Boolean).join("/");
  return { fn, template, methods: methodsOf(fn), match: compileRoute(template) };
}

function refuseConflicts(routes: readonly HttpRoute[]): void {
  const taken = new Map<string, string>();
  for (const { fn, template, methods } of routes) {
    for (const method of methods) {
      const key = `${method} ${template.toLowerCase()}`;
      const earlier = taken.get(key);
      if (earlier)
        throw new HostError(`Function ${fn.name}: the route '${method} ${template}' is taken by ${earlier}.`);
      taken.set(key, fn.name);
    }
  }
}

/**
 * Routes of the HTTP functions in the functions' order, which decides: the first match wins, and no template is more
 * specific than another (host `WebScriptHostHttpRoutesManager.cs`). Methods are looked up before templates.
 */
export function createRouteTable(functions: readonly AppFunction[], prefix: string): RouteTable {
  const routes = functions.map((fn) => toRoute(fn, prefix));
  refuseConflicts(routes);
  const byMethod = new Map<string, HttpRoute[]>();
  for (const route of routes.filter(({ fn }) => !fn.disabled)) {
    for (const method of route.methods) byMethod.set(method, [...(byMethod.get(method) ?? []), route]);
  }
  const find = (method: string, path: string): MatchedRoute | undefined => {
    for (const route of byMethod.get(method) ?? []) {
      const params = route.match(path);
      if (params) return { route, params };
    }
    return undefined;
  };
  return { routes, find };
}
