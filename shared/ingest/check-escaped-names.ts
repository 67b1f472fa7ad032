import { AppError } from "../errors.ts";
import { hasEscapedName } from "../runtime/parse-json.ts";

/** Bytes of a body, unpacked. The reader that is needed then takes three times as long. */
const MAX_BYTES = 6 * 1024 * 1024;

/**
 * Whether a text has a name with an escape. Throws AppError `body_too_large` for one that has, in a large body.
 */
export function checkEscapedNames(text: string, bodyBytes: number): boolean {
  const escaped = hasEscapedName(text);
  if (bodyBytes <= MAX_BYTES || !escaped) return escaped;
  throw new AppError(
    "body_too_large",
    `the body has names with escapes, and is larger than ${MAX_BYTES} bytes when unpacked`,
    { members: { limit: MAX_BYTES } },
  );
}
