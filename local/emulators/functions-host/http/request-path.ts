/** The parts of a request target, `/path?query` or an absolute URL. */
export function splitTarget(target: string): { path: string; query: string } {
  const local = target.startsWith("/") ? target : target.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*/i, "") || "/";
  const at = local.indexOf("?");
  return at < 0 ? { path: local, query: "" } : { path: local.slice(0, at), query: local.slice(at + 1) };
}

function decodeRun(run: string): string {
  try {
    return decodeURIComponent(run);
  } catch {
    return run;
  }
}

function removeDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === "..") kept.pop();
    else if (segment !== ".") kept.push(segment);
    if ((segment === "." || segment === "..") && index === segments.length - 1) kept.push("");
  }
  return `/${kept.join("/")}`;
}

/**
 * Decodes as Kestrel does: `%2F` and bytes that are not UTF-8 stay as they are, and dot segments are resolved
 * afterwards.
 */
export function decodePath(path: string): string {
  const decoded = path.includes("%") ? path.replace(/(?:%(?!2f)[0-9a-f]{2})+/gi, decodeRun) : path;
  return decoded.includes("/.") ? removeDotSegments(decoded) : decoded;
}

/**
 * A decoded path as the host puts it into a request's URL (ASP.NET's `PathString.ToUriComponent`, called by host
 * `GrpcMessageConversionExtensions.cs`). What looks like an escape stays: so `%2F` and `%252F` of a request are both
 * `%2F`, and an app cannot tell them apart.
 */
export function encodePath(path: string): string {
  const spell = (char: string, escaped?: string): string => escaped ?? encodeURIComponent(char);
  return path.replace(/(%[0-9a-fA-F]{2})|[^\w\-.~!$&'()*+,;=:@/]/gu, spell);
}
