import { AppError } from "../errors.ts";
import { preflightFields } from "./cors.ts";
import type { Answer, Call } from "./endpoint.ts";
import { redirectTo } from "./page.ts";
import { methodsOf, type Route, routes, unrouted } from "./routes.ts";

/** Where `GET /` leads. */
const HOME = "/api/docs";

const rows = Object.values<Route>(routes).map((route) => ({ route, pattern: patternOf(route.path) }));

/** The host matches without looking at case, and takes a slash at the end. */
function patternOf(path: string): RegExp {
  const segments = path.split("/").map((each) => (each.startsWith("{") ? "[^/]+" : each.replaceAll(".", "\\.")));
  return new RegExp(`^/${segments.join("/")}/?$`, "i");
}

/**
 * Answers the methods of a known path that have no route, and every unknown path. Throws AppError `method_not_allowed`
 * or `path_not_found`.
 */
export async function answerUnrouted({ request }: Pick<Call, "request">): Promise<Answer> {
  const { pathname } = new URL(request.url);
  const found = rows.filter(({ pattern }) => pattern.test(pathname)).map(({ route }) => route);
  if (pathname !== "/" && found.length === 0) {
    throw new AppError("path_not_found", `there is no \`${pathname.slice(0, 200)}\` here`);
  }
  const allowed = pathname === "/" ? ["GET", "HEAD", "OPTIONS"] : allowedOf(found);
  if (request.method === "OPTIONS") {
    const open = found.filter(({ cors }) => cors);
    const methods = open.map(({ method }) => method);
    const fields = open[0] && preflightFields(request, methods, open[0].cors);
    return { status: 204, headers: { allow: allowed.join(", "), ...fields } };
  }
  if (!allowed.includes(request.method)) {
    const detail = `${request.method} is not a method of this path; it has ${allowed.join(", ")}`;
    throw new AppError("method_not_allowed", detail, { members: { allowed } });
  }
  if (pathname === "/") return redirectTo(HOME);
  // A page, asked by HEAD. Scanners of links do so, and a GET can use up a sign-in: so it says that the page is there.
  return { status: 200, headers: { "content-type": "text/html; charset=utf-8", "referrer-policy": "same-origin" } };
}

/** Every method that gets an answer of its own, in the order of `unrouted.methods`. */
function allowedOf(found: readonly Route[]): string[] {
  const own = new Set<string>(["OPTIONS", ...found.flatMap(methodsOf)]);
  if (own.has("GET")) own.add("HEAD");
  return unrouted.methods.filter((method) => own.has(method));
}
