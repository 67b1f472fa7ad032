import type { HttpRequest } from "@azure/functions";
import { z } from "zod";
import { AppError } from "../errors.ts";
import { parseTime } from "../event/event-time.ts";

/** A query parameter that is an RFC 3339 date-time; gives milliseconds. */
export const timeParameter = z
  .string()
  .refine((text) => parseTime(text) !== undefined, "expected an RFC 3339 date-time such as 2026-11-22T10:00:00Z")
  .meta({ format: "date-time" })
  .transform((text) => parseTime(text) ?? 0);

/**
 * A query parameter that is a whole number, in digits alone: `Number` would take `0x10`, `1e2` and ` 5` too.
 * To a reader of the contract it is an integer with bounds.
 */
export function wholeNumberParameter(min: number, max: number) {
  const expected = `expected a whole number from ${min} to ${max}`;
  return z
    .string()
    .regex(/^\d{1,15}$/, expected)
    .transform(Number)
    .pipe(z.number().min(min, expected).max(max, expected))
    .meta({ type: "integer", minimum: min, maximum: max });
}

/** A query parameter that may stand several times, at most `max`: one value of these is enough. */
export function severalParameter<T extends z.ZodType>(value: T, max: number) {
  return z.array(value).max(max, `expected at most ${max} values`);
}

/** Whether a parameter of this schema may stand several times. */
export function isSeveral(schema: unknown): boolean {
  return schema instanceof z.ZodOptional ? isSeveral(schema.unwrap()) : schema instanceof z.ZodArray;
}

/** A query parameter that is names of these, divided by commas; gives a list of them. */
export function namesParameter<Name extends string>(names: readonly Name[]) {
  const isName = (one: string): one is Name => (names as readonly string[]).includes(one);
  return z
    .string()
    .transform((text, { addIssue }) => {
      const list = text.split(",");
      const unknown = list.find((one) => !isName(one));
      const twice = list.find((one, i) => list.indexOf(one) < i);
      if (unknown !== undefined) addIssue(`${JSON.stringify(unknown.slice(0, 100))} is not one of ${names.join(", ")}`);
      else if (twice !== undefined) addIssue(`\`${twice}\` stands twice`);
      return list.filter(isName);
    })
    .meta({ type: "array", items: { type: "string", enum: names }, minItems: 1, uniqueItems: true });
}

export const noParameters = z.object({});

/**
 * The query as it was sent. In `request.query` the host has joined the values of a name that stands twice (`1,2`), in
 * whatever case, and `__proto__` is lost. Throws AppError `invalid_parameter` for an escape that is not UTF-8: the
 * character that takes its place would be looked for.
 */
export function queryOf({ url }: Pick<HttpRequest, "url">): URLSearchParams {
  const { search, searchParams } = new URL(url);
  const broken = search.slice(1).split("&").find(isBroken);
  if (broken === undefined) return searchParams;
  const [name = ""] = broken.split("=");
  throw new AppError("invalid_parameter", `\`${name.slice(0, 100)}\` has an escape that is not UTF-8`, at(name));
}

function isBroken(text: string): boolean {
  try {
    decodeURIComponent(text);
    return false;
  } catch {
    return true;
  }
}

/**
 * Reads the query string by a schema. Throws AppError `invalid_parameter` that names the parameter, also an unknown
 * one and one that stands twice and may not.
 */
export function readParameters<T extends z.ZodObject>(schema: T, query: URLSearchParams): z.output<T> {
  const sent: Record<string, string | string[]> = {};
  for (const name of new Set(query.keys())) {
    refuseUnknown(schema, name);
    const values = query.getAll(name);
    const [value = "", another] = values;
    const several = isSeveral(schema.shape[name]);
    if (another !== undefined && !several) {
      throw new AppError("invalid_parameter", `\`${name}\` stands twice`, at(name));
    }
    sent[name] = several ? values : value;
  }
  const parsed = schema.safeParse(sent);
  if (parsed.success) return parsed.data as z.output<T>;
  throw invalidParameter(sent, parsed.error.issues[0]);
}

function invalidParameter(
  sent: Readonly<Record<string, string | string[]>>,
  issue: z.core.$ZodIssue | undefined,
): AppError {
  const [name = "", index = 0] = issue?.path.map(String) ?? [];
  const values = [sent[name] ?? []].flat();
  const found =
    values.length > 1 && issue?.path.length === 1
      ? `stands ${values.length} times`
      : `is ${JSON.stringify(values[Number(index)]?.slice(0, 100))}`;
  return new AppError("invalid_parameter", `\`${name}\` ${found}: ${issue?.message ?? "not valid"}`, at(name));
}

function refuseUnknown(schema: z.ZodObject, name: string): void {
  if (Object.hasOwn(schema.shape, name)) return;
  const known = Object.keys(schema.shape).join(", ") || "none";
  throw new AppError(
    "invalid_parameter",
    `\`${name.slice(0, 100)}\` is not a parameter here; known are ${known}`,
    at(name),
  );
}

/** Throws AppError `invalid_parameter` for a range that ends before it begins. */
export function refuseReversed({
  from,
  to,
}: {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}): void {
  if (from === undefined || to === undefined || from <= to) return;
  throw new AppError("invalid_parameter", "`from` is after `to`", at("from"));
}

function at(parameter: string): { members: { parameter: string } } {
  return { members: { parameter } };
}
