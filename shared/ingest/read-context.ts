import { AppError } from "../errors.ts";
import { checkObject } from "../event/check-json.ts";
import { isJsonObject, type JsonObject } from "../event/event.ts";
import { describe, shorten } from "./describe.ts";

/** The context that a wrapper has for all of its events. */
export interface BatchContext {
  readonly value: JsonObject;
  readonly names: number;
  /** Of JSON. */
  readonly bytes: number;
}

/** Undefined where there is none. Throws AppError `invalid_body` for one that no event could have. */
export function readContext({ context }: JsonObject, maxBytes: number): BatchContext | undefined {
  if (context === undefined || context === null) return undefined;
  if (!isJsonObject(context)) throw invalidContext("context", `found ${describe(context)}, expected an object`);
  const checked = checkObject(context, "context");
  if ("problem" in checked) throw invalidContext(checked.problem.path, checked.problem.message);
  const bytes = Buffer.byteLength(JSON.stringify(context));
  if (bytes <= maxBytes) return { value: context, names: checked.names, bytes };
  throw invalidContext("context", `found ${bytes} bytes of JSON, expected at most ${maxBytes}`);
}

/** @param message what is wrong at the place */
export function invalidContext(place: string, message: string): AppError {
  const path = shorten(place);
  return new AppError("invalid_body", `\`${path}\`, beside \`events\`: ${message}`, { members: { path } });
}
