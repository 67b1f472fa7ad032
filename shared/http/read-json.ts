import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { AppError } from "../errors.ts";
import { readBody } from "./read-body.ts";

const MAX_BYTES = 64 * 1024;

/**
 * The JSON of a request to an endpoint that manages something. Throws AppError `invalid_json`, or `invalid_body` with
 * the name of the field.
 */
export async function readJson<T>(request: HttpRequest, schema: z.ZodType<T>, maxBytes = MAX_BYTES): Promise<T> {
  const parsed = schema.safeParse(parse(await readBody(request, maxBytes)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const path = issue?.path.join(".") ?? "";
  throw new AppError(
    "invalid_body",
    `${path === "" ? "the body" : `\`${path}\``}: ${issue?.message ?? "is not valid"}`,
    path === "" ? {} : { members: { path } },
  );
}

/** The parameters of a form. Throws AppError `invalid_request`. */
export async function readForm(request: HttpRequest): Promise<URLSearchParams> {
  const type = request.headers.get("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded")
    throw new AppError("invalid_request", "the body must be `application/x-www-form-urlencoded`");
  return new URLSearchParams((await readBody(request, MAX_BYTES)).toString());
}

function parse(bytes: Buffer): unknown {
  const text = decode(bytes);
  const value = parseText(text);
  const name = findRepeatedName(text);
  // If a party before us checked the first one, and we the last one, we would have read two different requests.
  if (name !== undefined) throw new AppError("invalid_json", `the body has the name ${name.slice(0, 100)} twice`);
  return value;
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError("invalid_json", "the body is not UTF-8", { cause });
  }
}

function parseText(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AppError("invalid_json", "the body is not JSON", { cause });
  }
}

/** The first name that stands twice in one object, as it is written. `text` is JSON. */
function findRepeatedName(text: string): string | undefined {
  const open: Set<string>[] = [];
  for (const [token, name] of text.matchAll(/("(?:[^"\\]|\\.)*")(?=\s*:)|"(?:[^"\\]|\\.)*"|[{}]/g)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (name !== undefined) {
      const decoded = String(JSON.parse(name));
      if (open.at(-1)?.has(decoded)) return name;
      open.at(-1)?.add(decoded);
    }
  }
  return undefined;
}
