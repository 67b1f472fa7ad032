import { createHash } from "node:crypto";

/**
 * A human being, as an identity provider knows it. Never an email address: those change hands, and some providers do
 * not verify them.
 */
export interface Person {
  /** The provider's issuer identifier (`iss`); for Microsoft Entra that of the person's tenant (`tid`). */
  readonly issuer: string;
  /** `sub`; for Microsoft Entra `oid`, which is the same for every client. */
  readonly subject: string;
}

/** The id under which orgs know a person: the same in all of them, made from issuer and subject and nothing else. */
export function memberIdOf({ issuer, subject }: Person): string {
  return createHash("sha256")
    .update(JSON.stringify([issuer, subject]))
    .digest("base64url");
}

export function isMemberId(text: string): boolean {
  return /^[\w-]{43}$/.test(text);
}

/** The pseudo-org whose partition holds what is known of a person across orgs. No real org id has a `_`. */
export function personPartition(memberId: string): string {
  return `_person.${memberId}`;
}
