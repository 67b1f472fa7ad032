import { AppError } from "../../errors.ts";
import { toDisplayName } from "../documents/display-name.ts";
import type { Person } from "../documents/person.ts";

export interface IdTokenClaims {
  readonly iss: string;
  readonly sub: string;
  readonly [name: string]: unknown;
}

const ENTRA = "https://login.microsoftonline.com/";

/**
 * The person whom the claims of a verified ID token name, by `iss` and `sub`. Microsoft Entra has a different `sub` for
 * each client, so there `oid` stands in its place, and `iss` has the tenant (`tid`). Never an email address. Throws
 * AppError `sign_in_failed` for claims of Entra without `oid`: with `sub` the same human being would be another person.
 */
export function personOfClaims(claims: IdTokenClaims): Person & { readonly label: string } {
  const { iss, sub, oid } = claims;
  const subject = iss.startsWith(ENTRA) ? oid : sub;
  if (typeof subject !== "string" || subject === "")
    throw new AppError("sign_in_failed", "the identity provider does not say who signed in");
  return { issuer: iss, subject, label: labelOf(claims) };
}

/** For people to read; the person may have chosen it. */
function labelOf({ name, preferred_username, sub }: IdTokenClaims): string {
  const texts = [name, preferred_username, sub].filter((text) => typeof text === "string");
  return texts.map((text) => toDisplayName(text, 200)).find((text) => text !== "") ?? "";
}
