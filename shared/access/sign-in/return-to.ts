import { AppError } from "../../errors.ts";

/** Where a sign-in leads that did not begin at a page of its own. */
export const DEFAULT_RETURN_TO = "/api/v1/auth/signed-in";

/**
 * A path of this site to return to after signing in. A browser must not be able to take it for another site: so it has
 * no scheme, no `//`, no `\` (which browsers read as `/`), and no control characters (which they drop). Throws AppError
 * `invalid_return_to`.
 */
export function readReturnTo(sent: string | undefined): string {
  if (sent === undefined) return DEFAULT_RETURN_TO;
  const wellFormed = /^\/(?!\/)[\x21-\x5b\x5d-\x7e]*$/.test(sent) && sent.length <= 1_000;
  // As a browser resolves it, in case the checks above overlooked something.
  if (wellFormed && new URL(sent, "https://ours.invalid").origin === "https://ours.invalid") return sent;
  throw new AppError("invalid_return_to", "`return_to` is not an absolute path of this site");
}
