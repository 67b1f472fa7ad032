import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { AppError } from "../errors.ts";
import { readBody } from "./read-body.ts";

/** More than any body that is read so has to say. */
const MAX_BYTES = 64 * 1024;

/**
 * Reads a small JSON body by a schema; without a body it is `{}`. Throws AppError `invalid_json`, `invalid_field` that names the field, also an
 * unknown one when the schema is strict, or `body_too_large`.
 */
export async function readJson<T extends z.ZodType>(request: HttpRequest, schema: T): Promise<z.output<T>> {
  const parsed = schema.safeParse(await readAny(request));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  const field = path === "" && issue?.code === "unrecognized_keys" ? (issue.keys[0] ?? "") : path;
  throw new AppError("invalid_field", `\`${field}\`: ${issue?.message ?? "not valid"}`, { members: { field } });
}

/** The fields of a posted form (`application/x-www-form-urlencoded`). Throws AppError `body_too_large`, `empty_body` or `length_required`. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request, MAX_BYTES)).toString("utf8"));
}

async function readAny(request: HttpRequest): Promise<unknown> {
  if (request.headers.get("content-length") === "0" || !request.headers.has("content-length")) return {};
  try {
    return JSON.parse((await readBody(request, MAX_BYTES)).toString("utf8"));
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError("invalid_json", "the body is not JSON", { cause });
  }
}
