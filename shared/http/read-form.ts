import type { HttpRequest } from "@azure/functions";
import { readBody } from "./read-body.ts";

const MAX_BYTES = 8 * 1024;

/** The fields of a posted form (`application/x-www-form-urlencoded`). Throws AppError `body_too_large`, `empty_body` or `length_required`. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  return new URLSearchParams((await readBody(request, MAX_BYTES)).toString("utf8"));
}
