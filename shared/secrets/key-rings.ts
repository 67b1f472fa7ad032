import { randomBytes } from "node:crypto";
import { AppError } from "../errors.ts";
import { createKeyRing, type KeyRing, tagOf } from "../receipt/key-ring.ts";
import { reached } from "../runtime/reached.ts";
import { Refreshed } from "../runtime/refreshed.ts";
import type { HeldVersions, SecretHolder } from "./secret-holder.ts";
import { chooseSigner, effectiveAt, isSecretRead, isUsable, newestFirst, type SecretVersion } from "./secret-vault.ts";

/** The Key Vault secret whose versions sign receipts and cursors. Old versions verify as long as they are enabled. */
export const RECEIPT_KEY_SECRET = "receipt-key";

const KEY_BYTES = 32;

/** Key rings made from the versions of a Key Vault secret. Throws AppError `secrets_unavailable`. */
export interface KeyRings {
  /** For signing. */
  current(): Promise<KeyRing>;
  /** For verifying `signed`: a ring that knows its key, if there is such a key. */
  knowing(signed: string | null): Promise<KeyRing>;
}

interface Made {
  /** The values that it was made from. */
  readonly from: string;
  readonly ring: KeyRing;
}

export function createKeyRings(secrets: SecretHolder, now: () => number = Date.now): KeyRings {
  let wanted: readonly SecretVersion[] = [];

  const make = async (): Promise<Made> => {
    const from = namesOf(wanted);
    const values = await Promise.all(wanted.map(({ version }) => secrets.value(RECEIPT_KEY_SECRET, version)));
    // A value that somebody set by hand may be anything, and a short key could be guessed.
    const keys = values.map((value) => Buffer.from(value, "base64url")).filter(({ length }) => length === KEY_BYTES);
    if (keys.length === 0)
      throw new AppError("secrets_unavailable", "there is no key that signs receipts", {
        reason: `no version of the secret ${RECEIPT_KEY_SECRET} is a key of ${KEY_BYTES} bytes: rotate it`,
        retryAfter: 5,
      });
    return { from, ring: createKeyRing(keys) };
  };
  const made = new Refreshed(make);

  /**
   * While a new version's value is fetched, or cannot be, the previous ring signs: the new one takes effect later
   * anyway.
   */
  const update = async (wait: boolean): Promise<KeyRing> => {
    wanted = orderKeys(await secrets.versions(RECEIPT_KEY_SECRET), now());
    const before = made.held;
    if (before?.value.from === namesOf(wanted)) return before.value.ring;
    const next = made.ask().catch((error: unknown) => before ?? Promise.reject(error));
    return (before && !wait ? before : await next).value.ring;
  };

  return {
    current: () => update(false),
    knowing: async (signed) => {
      const ring = await update(false);
      if (signed === null || ring.knows(tagOf(signed))) return ring;
      reached("receipt-key-unknown");
      await secrets.refreshForUnknown(RECEIPT_KEY_SECRET);
      const refreshed = await update(true);
      const held = await secrets.versions(RECEIPT_KEY_SECRET);
      // The key may be one that only a newer release can read.
      const isSure = secrets.isFresh(held) && !held.versions.some((one) => isUsable(one, now()) && !isSecretRead(one));
      if (refreshed.knows(tagOf(signed)) || isSure) return refreshed;
      throw new AppError("secrets_unavailable", "the keys cannot be refreshed", { retryAfter: 5 });
    },
  };
}

/** First the one that signs; then those that verify, newest first; last those that are not in effect yet. */
function orderKeys({ versions, readAt }: HeldVersions, now: number): readonly SecretVersion[] {
  const usable = versions.filter((version) => isUsable(version, now) && isSecretRead(version));
  const signer = chooseSigner(usable, readAt);
  if (!signer) throw new AppError("secrets_unavailable", "there is no key that signs receipts yet", { retryAfter: 5 });
  const others = usable.filter((version) => version !== signer).sort(newestFirst);
  const isInEffect = (version: SecretVersion): boolean => effectiveAt(version) <= readAt;
  return [signer, ...others.filter(isInEffect), ...others.filter((version) => !isInEffect(version))];
}

function namesOf(versions: readonly SecretVersion[]): string {
  return versions.map(({ version }) => version).join();
}

export function makeReceiptKey(): { readonly value: string } {
  return { value: randomBytes(KEY_BYTES).toString("base64url") };
}
