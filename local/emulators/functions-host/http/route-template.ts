import { HostError, messageOf } from "../host-error.ts";
import { type Constraint, createConstraint } from "./route-constraints.ts";

interface Parameter {
  readonly name: string;
  readonly catchAll: boolean;
  readonly optional: boolean;
  readonly defaultValue: string | undefined;
  readonly constraints: readonly Constraint[];
}

type Part = { readonly literal: string } | Parameter;

/** Route values by name as the template spells it; undefined when the path does not match. */
export type MatchRoute = (path: string) => Record<string, string> | undefined;

/** Splits on a character that stands outside of braces and parentheses. */
function splitOutside(text: string, separator: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  for (const char of text) {
    if (char === "{" || char === "(") depth++;
    if (char === "}" || char === ")") depth--;
    if (char === separator && depth === 0) parts.push("");
    else parts[parts.length - 1] += char;
  }
  return parts;
}

const PARAMETER = /^(\*{0,2})([^*:=?{}/]+)((?::.*)?)$/s;

/** The text between the braces: `*rest`, `id?`, `id:int:min(1)`, `id=7`. */
function parseParameter(text: string): Parameter {
  const [declaration = "", defaultValue] = splitOnce(text, "=");
  const optional = declaration.endsWith("?");
  const match = PARAMETER.exec(optional ? declaration.slice(0, -1) : declaration);
  if (!match) throw new HostError(`'{${text}}' is not a route parameter`);
  const [, stars = "", name = "", rest = ""] = match;
  const constraints = splitOutside(rest, ":").slice(1).map(createConstraint);
  return { name, catchAll: stars !== "", optional, defaultValue, constraints };
}

function splitOnce(text: string, separator: string): [string, string | undefined] {
  const [first = "", ...rest] = splitOutside(text, separator);
  return [first, rest.length > 0 ? rest.join(separator) : undefined];
}

/** The literals and parameters of one segment; `{{` and `}}` are literal braces. */
function parseSegment(segment: string): Part[] {
  const parts: Part[] = [];
  let rest = segment;
  while (rest !== "") {
    const literal = /^(?:[^{}]|\{\{|\}\})+/.exec(rest)?.[0];
    if (literal !== undefined) {
      parts.push({ literal: literal.replaceAll("{{", "{").replaceAll("}}", "}") });
      rest = rest.slice(literal.length);
      continue;
    }
    const end = closingBrace(rest);
    parts.push(parseParameter(rest.slice(1, end).replaceAll("{{", "{").replaceAll("}}", "}")));
    rest = rest.slice(end + 1);
  }
  return parts;
}

function closingBrace(text: string): number {
  for (let i = 1; i < text.length; i++) {
    const pair = text.slice(i, i + 2);
    if (pair === "{{" || pair === "}}") i++;
    else if (text[i] === "}") return i;
  }
  throw new HostError("a brace is not closed");
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
}

function isParameter(part: Part): part is Parameter {
  return "name" in part;
}

/** A segment as a pattern. An optional parameter takes the slash before it along. */
function segmentPattern(parts: readonly Part[], isLast: boolean): string {
  const [only] = parts;
  if (parts.length === 1 && only && isParameter(only)) {
    if (only.catchAll && !isLast) throw new HostError(`the catch-all '{*${only.name}}' must stand last`);
    if (only.catchAll) return "(?:/(.*))?";
    return only.optional || only.defaultValue !== undefined ? "(?:/([^/]+))?" : "/([^/]+)";
  }
  return `/${parts.map((p) => (isParameter(p) ? "([^/]+)" : escapeRegExp(p.literal))).join("")}`;
}

function readValues(match: RegExpExecArray, parameters: readonly Parameter[]): Record<string, string> | undefined {
  const values: Record<string, string> = {};
  for (const [index, { name, defaultValue, constraints }] of parameters.entries()) {
    const value = match[index + 1] || defaultValue;
    if (value === undefined) continue;
    if (!constraints.every((isAllowed) => isAllowed(value))) return undefined;
    values[name] = value;
  }
  return values;
}

/**
 * Compiles an ASP.NET route template. Paths are matched with their leading slash, percent-decoded, ignoring case; a
 * trailing slash does not matter.
 *
 * @throws HostError when the template, or a constraint in it, is wrong
 */
export function compileRoute(template: string): MatchRoute {
  try {
    const texts = splitOutside(template.replace(/^~?\/+|\/+$/g, ""), "/").filter(
      (text, _i, all) => all.length > 1 || text,
    );
    const segments = texts.map(parseSegment);
    const parameters = segments.flat().filter(isParameter);
    if (parameters.length === 0) return matchLiteral(segments);
    const source = segments.map((parts, i) => segmentPattern(parts, i === segments.length - 1)).join("");
    const pattern = new RegExp(`^${source}/?$`, "is");
    return (path) => {
      const found = pattern.exec(path);
      return found ? readValues(found, parameters) : undefined;
    };
  } catch (error) {
    throw new HostError(`The route template '${template}' is invalid: ${messageOf(error)}.`);
  }
}

/** Most routes have no parameter: two comparisons instead of a pattern. */
function matchLiteral(segments: readonly Part[][]): MatchRoute {
  const spell = (part: Part): string => (isParameter(part) ? "" : part.literal);
  const text = `/${segments.map((parts) => parts.map(spell).join("")).join("/")}`.toLowerCase();
  return (path) => {
    if (path.length !== text.length && path.length !== text.length + 1) return undefined;
    const lower = path.toLowerCase();
    return lower === text || lower === `${text}/` ? {} : undefined;
  };
}
