import { CLOCK_SKEW_SECONDS } from "../access/tokens/read-claims.ts";
import { isSigningKey, makeSigningKey, SIGNING_KEY_SECRET } from "../access/tokens/secret-signing-keys.ts";
import { makeReceiptKey, RECEIPT_KEY_SECRET } from "../secrets/key-rings.ts";
import type { OwnSecret } from "../secrets/rotate-secret.ts";
import { isSecretRead, type SecretVersion } from "../secrets/secret-vault.ts";

export interface OwnSecretOptions {
  readonly signingKeyMs: number;
  readonly receiptKeyMs: number;
  readonly tokenSeconds: number;
}

export const ownSecretNames = [SIGNING_KEY_SECRET, RECEIPT_KEY_SECRET] as const;
export type OwnSecretName = (typeof ownSecretNames)[number];

/**
 * Whether Headrace made a version, in this release or an older one, as far as a list of versions can tell. For receipt
 * keys the value tells (`key-rings.ts`).
 */
export function isOwnVersion(name: OwnSecretName, version: SecretVersion): boolean {
  return isSecretRead(version) && (name !== SIGNING_KEY_SECRET || isSigningKey(version));
}

/** The secrets that Headrace makes itself. All others come from the operator, and are only read. */
export function ownSecrets(options: OwnSecretOptions): Readonly<Record<OwnSecretName, OwnSecret>> {
  return {
    [SIGNING_KEY_SECRET]: {
      name: SIGNING_KEY_SECRET,
      rotateMs: options.signingKeyMs,
      signedLivesMs: (options.tokenSeconds + CLOCK_SKEW_SECONDS) * 1000,
      isOwn: (version) => isOwnVersion(SIGNING_KEY_SECRET, version),
      make: makeSigningKey,
    },
    [RECEIPT_KEY_SECRET]: {
      name: RECEIPT_KEY_SECRET,
      rotateMs: options.receiptKeyMs,
      // Receipts can be asked about as long as the ledger has them.
      signedLivesMs: undefined,
      isOwn: (version) => isOwnVersion(RECEIPT_KEY_SECRET, version),
      make: async () => makeReceiptKey(),
    },
  };
}
