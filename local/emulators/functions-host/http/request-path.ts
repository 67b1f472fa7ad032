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
