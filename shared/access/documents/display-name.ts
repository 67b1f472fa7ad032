import { z } from "zod";
import { isVisible } from "../../runtime/visible.ts";

/**
 * Control characters, line separators, and characters that turn the text around them: with those a name can pass for
 * another one.
 */
const UNSEEN = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** A text that people tell things apart by. Space at its ends is dropped. */
export function displayName(max: number) {
  return z
    .string()
    .trim()
    .max(max, `expected at most ${max} characters`)
    .refine((text) => text.isWellFormed(), "has half of a surrogate pair")
    .refine((text) => text.search(UNSEEN) < 0, "has a control character, or one that changes the direction of text")
    .refine((text) => text === "" || isVisible(text), "has nothing that can be seen");
}

/** Another party's name for a thing, made fit to be shown. */
export function toDisplayName(text: string, max: number): string {
  const name = text.replace(UNSEEN, "").trim().slice(0, max).toWellFormed();
  return isVisible(name) ? name : "";
}
