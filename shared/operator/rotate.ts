import { z } from "zod";
import type { Revoke } from "../access/revocations/revocations.ts";
import { rotateNow } from "../secrets/keep-secrets.ts";
import type { OwnSecret, RotateDeps } from "../secrets/rotate-secret.ts";
import type { SecretHolder } from "../secrets/secret-holder.ts";
import { effectiveAt } from "../secrets/secret-vault.ts";
import type { Logger } from "../telemetry/log.ts";
import { type OwnSecretName, ownSecretNames } from "./own-secrets.ts";

export const rotateSchema = z.strictObject({
  secret: z.enum(ownSecretNames),
  /** Skips the overlap: signatures of the old versions are worth nothing from now on. */
  leaked: z.boolean().default(false),
  /** The version to replace; the newest one if it is left out. Calls that name the same version make one new one. */
  replaces: z.string().min(1).optional(),
});

export interface RotationView {
  readonly secret: OwnSecretName;
  /** Null when the named version had been replaced already. */
  readonly version: string | null;
  readonly in_effect_at: string | null;
  readonly disabled: readonly string[];
}

export interface OperatorRotateDeps extends RotateDeps {
  readonly secrets: SecretHolder;
  readonly owned: Readonly<Record<OwnSecretName, OwnSecret>>;
  readonly revoke: Revoke;
}

/**
 * Rotates a secret now. Throws AppError `rotation_busy`, `secrets_unavailable` or `store_unavailable`; calling it again
 * is safe.
 */
export async function rotate(
  deps: OperatorRotateDeps,
  { secret, leaked, replaces }: z.infer<typeof rotateSchema>,
  log: Logger,
): Promise<RotationView> {
  const { made, disabled } = await rotateNow(deps, deps.owned[secret], { leaked, replaces }, log);
  if (leaked) await revokeDisabled(deps, secret);
  return {
    secret,
    version: made?.version ?? null,
    in_effect_at: made ? new Date(effectiveAt(made)).toISOString() : null,
    disabled,
  };
}

/**
 * Tells every instance, also of a key that signs no tokens: each looks at Key Vault at once. Also tells of versions
 * that an earlier call disabled but did not come to revoke.
 */
async function revokeDisabled({ vault, revoke, now }: OperatorRotateDeps, secret: OwnSecretName): Promise<void> {
  const versions = await vault.listVersions(secret);
  const gone = versions.filter(({ enabled }) => !enabled);
  await Promise.all(gone.map(({ version }) => revoke({ kind: "signing-key", keyId: version }, now())));
}
