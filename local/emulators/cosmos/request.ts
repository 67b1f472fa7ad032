import type { HttpAnswer, HttpRequest } from "../kit/serve-http.ts";

/** A request of the REST protocol, with the resource that it addresses. */
export interface CosmosRequest extends HttpRequest {
  readonly route: Route;
}

/** The body is JSON, or empty for 204 and 304. */
export type CosmosResponse = HttpAnswer & Required<Pick<HttpAnswer, "headers">>;

/** The resource that a request addresses, read from its path: `/dbs/d/colls/c/docs/x` is the item `x`. */
export interface Route {
  readonly resourceType: "account" | "dbs" | "colls" | "docs" | "pkranges" | "offers" | "other";
  /** The type as the path names it, also where it is not supported. */
  readonly signedType: string;
  /** The text that the signature covers: the decoded path of the resource, or of the parent for a list. */
  readonly resourceLink: string;
  readonly database?: string;
  readonly container?: string;
  readonly item?: string;
  /** The path names a list (`…/docs`), not one resource. */
  readonly isFeed: boolean;
}

/**
 * The clients' HTTP libraries fold `/docs/.` to `/docs/` and `/docs/..` to `/`: what was meant for a document would be
 * read as about its container. Operations on a document name its partition key.
 */
export function isFolded({ path, method, headers }: HttpRequest): boolean {
  const isItem = method !== "POST" && headers["x-ms-documentdb-partitionkey"] !== undefined;
  return isItem && /^\/dbs\/[^/]+\/colls\/[^/]+\/(docs\/)?$/.test(path.split("?", 1)[0] ?? "");
}

const TYPES: readonly string[] = ["dbs", "colls", "docs", "pkranges", "offers"];

export function parseRoute(path: string): Route | undefined {
  const segments = decodeSegments(path.split("?", 1)[0] ?? "");
  if (!segments) return undefined;
  if (segments.length === 0) return { resourceType: "account", signedType: "", resourceLink: "", isFeed: false };
  // Signed as the container that it is about.
  if (segments.length === 6 && segments[4] === "operations")
    return { resourceType: "other", signedType: "colls", resourceLink: segments.slice(0, 4).join("/"), isFeed: false };
  const isFeed = segments.length % 2 === 1;
  const type = (isFeed ? segments.at(-1) : segments.at(-2)) ?? "";
  const [, database, , container, , item] = segments;
  return {
    resourceType: isKnownShape(segments) ? (type as Route["resourceType"]) : "other",
    signedType: type,
    resourceLink: (isFeed ? segments.slice(0, -1) : segments).join("/"),
    isFeed,
    ...(database === undefined ? {} : { database }),
    ...(container === undefined ? {} : { container }),
    ...(item === undefined ? {} : { item }),
  };
}

function isKnownShape(segments: readonly string[]): boolean {
  const [first, , second, , third] = segments;
  if (first === "offers") return segments.length <= 2;
  if (first !== "dbs" || segments.length > 6) return false;
  if (second !== undefined && second !== "colls") return false;
  return third === undefined || (third !== "dbs" && third !== "colls" && TYPES.includes(third));
}

function decodeSegments(path: string): string[] | undefined {
  try {
    return path
      .split("/")
      .filter((segment) => segment !== "")
      .map(decodeURIComponent); // prettier-ignore
  } catch {
    return undefined;
  }
}
