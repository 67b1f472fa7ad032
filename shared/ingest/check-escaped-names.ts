import { AppError } from "../errors.ts";
import { hasEscapedName } from "../runtime/parse-json.ts";

/** Bytes of a body, unpacked. The reader that is needed then takes three times as long. */
const MAX_BYTES = 6 * 1024 * 1024;

/** Throws AppError `body_too_large` for a text of a large body that has a name with an escape. */
export function checkEscapedNames(text: string, bodyBytes: number): void {
  if (bodyBytes <= MAX_BYTES || !hasEscapedName(text)) return;
  throw new AppError(
    "body_too_large",
    `the body has names with escapes, and is larger than ${MAX_BYTES} bytes when unpacked`,
    { members: { limit: MAX_BYTES } },
  );
}
