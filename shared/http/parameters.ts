import { z } from "zod";
import { AppError } from "../errors.ts";
import { parseTime } from "../event/event-time.ts";

/** A query parameter that is an RFC 3339 date-time; gives milliseconds. */
export const timeParameter = z
  .string()
  .refine((text) => parseTime(text) !== undefined, "expected an RFC 3339 date-time such as 2026-11-22T10:00:00Z")
  .transform((text) => parseTime(text) ?? 0);

export const noParameters = z.object({});

/**
 * Reads the query string by a schema. Throws AppError `invalid_parameter` that names the parameter, also an unknown
 * one.
 */
export function readParameters<T extends z.ZodObject>(schema: T, query: URLSearchParams): z.output<T> {
  for (const name of query.keys()) {
    if (Object.hasOwn(schema.shape, name)) continue;
    const known = Object.keys(schema.shape).join(", ") || "none";
    throw new AppError("invalid_parameter", `\`${name.slice(0, 100)}\` is not a parameter here; known are ${known}`, {
      members: { parameter: name },
    });
  }
  const parsed = schema.safeParse(Object.fromEntries(query));
  if (parsed.success) return parsed.data as z.output<T>;
  const [issue] = parsed.error.issues;
  const name = issue?.path[0]?.toString() ?? "";
  throw new AppError(
    "invalid_parameter",
    `\`${name}\` is ${JSON.stringify(query.get(name)?.slice(0, 100))}: ${issue?.message ?? "not valid"}`,
    {
      members: { parameter: name },
    },
  );
}
