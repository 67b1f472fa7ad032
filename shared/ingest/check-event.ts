import type { z } from "zod";
import type { EventProblemCode } from "../errors.ts";
import { checkObject } from "../event/check-json.ts";
import { type ClientEvent, eventSchema, isJsonObject, type JsonObject } from "../event/event.ts";
import { readPlainEvent } from "../event/plain-event.ts";
import { findPlatformIssue } from "../schema/platform-types.ts";
import { describe } from "./describe.ts";
import type { EventProblem } from "./raw-batch.ts";

/**
 * `names`: how many the whole event has, in all of its objects. `bytes`: of JSON, at least, in its properties and
 * context.
 */
type Checked =
  | { readonly event: ClientEvent; readonly names: number; readonly bytes: number }
  | { readonly problem: EventProblem };

/** Checks one event. For the first fault of a bad one, says what was found and what is expected. */
export function checkEvent(value: unknown): Checked {
  if (!isJsonObject(value)) {
    return { problem: { code: "not_an_object", path: "", message: `found ${describe(value)}, expected an object` } };
  }
  const plain = readPlainEvent(value);
  const parsed = plain ? { data: plain } : eventSchema.safeParse(value);
  if (!parsed.data) return { problem: problemOf(value, parsed.error.issues[0]) };
  const event = parsed.data;
  const ofType = findPlatformIssue(event);
  if (ofType) return { problem: problemOf(value, ofType) };
  const properties = checkField(event.properties, "properties");
  if ("problem" in properties) return properties;
  const context = checkField(event.context, "context");
  if ("problem" in context) return context;
  let names = properties.names + context.names;
  for (const _ in value) names++;
  return { event, names, bytes: properties.bytes + context.bytes };
}

const NONE = { names: 0, bytes: 0 };

function checkField(object: JsonObject | null | undefined, field: string): ReturnType<typeof checkObject> {
  return object ? checkObject(object, field) : NONE;
}

function problemOf(value: Readonly<Record<string, unknown>>, issue: z.core.$ZodIssue | undefined): EventProblem {
  if (issue?.code === "unrecognized_keys") {
    const [key = ""] = issue.keys;
    return {
      code: "unknown_field",
      path: key,
      message: "is not a field of an event; put your own fields into `properties`",
    };
  }
  const path = issue?.path.join(".") ?? "";
  const found = issue?.path.reduce<unknown>((inner, name) => ownOf(inner, String(name)), value);
  const code = codeOf(issue, found);
  return { code, path, message: `found ${describe(found)}, expected ${expectationOf(issue)}` };
}

function ownOf(value: unknown, name: string): unknown {
  return isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
}

function codeOf(issue: z.core.$ZodIssue | undefined, found: unknown): EventProblemCode {
  if (found === undefined) return "required";
  if (issue?.code === "invalid_type") return "wrong_type";
  if (issue?.code === "too_big" && typeof found === "string") return "too_long";
  const field = issue?.path[0];
  return field === "properties" || field === "context" ? "wrong_type" : "invalid_value";
}

function expectationOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "invalid_type":
      return issue.expected === "int" ? "a whole number" : `a ${issue.expected}`;
    case "too_big":
      return `at most ${issue.maximum}${issue.origin === "string" ? " characters" : ""}`;
    case "too_small":
      return `at least ${issue.minimum}${issue.origin === "string" ? " character" : ""}`;
    default:
      return `a value that fits: it ${issue?.message ?? "is not valid"}`;
  }
}
