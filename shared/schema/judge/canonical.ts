import { isJsonObject } from "../../event/event.ts";
import { type Run, spend, spendOnText } from "./run.ts";

export function hasParts(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** JSON with the names of objects in order: the same for values that are equal, and for no others. */
export function toCanonical(value: unknown, run?: Run): string {
  return write(value, run);
}

/** For what is written of one value, or put into order. */
const PART_STEPS = 6;

function write(value: unknown, run: Run | undefined): string {
  if (run) spend(run, PART_STEPS);
  if (Array.isArray(value)) return `[${value.map((inner) => write(inner, run)).join()}]`;
  if (!isJsonObject(value)) {
    if (run && typeof value === "string") spendOnText(run, value);
    // Negative zero is zero.
    return value === 0 ? "0" : JSON.stringify(value);
  }
  const names = Object.keys(value).sort();
  // To put them in order.
  if (run) spend(run, PART_STEPS * names.length);
  return `{${names.map((name) => `${JSON.stringify(name)}:${write(value[name], run)}`).join()}}`;
}
