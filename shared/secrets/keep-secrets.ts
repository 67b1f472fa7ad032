import { AppError } from "../errors.ts";
import { reached } from "../runtime/reached.ts";
import { type Logger, silent } from "../telemetry/log.ts";
import {
  isRotationDue,
  lastMade,
  type OwnSecret,
  ownVersions,
  type RotateDeps,
  type Rotated,
  type Rotation,
  rotateSecret,
} from "./rotate-secret.ts";
import type { SecretHolder } from "./secret-holder.ts";

/**
 * The timer: brings every own secret to its due state. Costs nothing while there is nothing to do. False when one of
 * them could not be looked after.
 */
export async function rotateDueSecrets(
  deps: RotateDeps & { readonly secrets: SecretHolder },
  owned: readonly OwnSecret[],
  log: Logger,
): Promise<boolean> {
  let done = true;
  for (const secret of owned) {
    try {
      const { versions } = await deps.secrets.versions(secret.name);
      if (!isRotationDue(versions, secret, { now: deps.now(), cacheMs: deps.cacheMs })) continue;
      await rotateSecret(deps, secret, { kind: "due" }, log);
      await deps.secrets.refresh(secret.name);
    } catch (error) {
      reached("rotation-fails");
      // Nothing expires because a rotation is late: the next tick tries again.
      log.error("a secret could not be rotated", { secret: secret.name, error });
      done = false;
    }
  }
  return done;
}

/**
 * The first version of an own secret, made by the first instance that finds none: a new deployment needs no seeding.
 * Throws AppError `rotation_busy` or `secrets_unavailable`.
 */
export async function makeFirstVersion(deps: RotateDeps, secret: OwnSecret, log: Logger): Promise<void> {
  await untilDone(() => rotateSecret(deps, secret, { kind: "due" }, log));
}

/**
 * Makes the first version of a secret by its name; for one that is not among `owned`, nothing. Throws as
 * `makeFirstVersion`.
 */
export function makeFirstOf(deps: RotateDeps, owned: readonly OwnSecret[]): (name: string) => Promise<void> {
  return async (name) => {
    const secret = owned.find((one) => one.name === name);
    if (secret) await makeFirstVersion(deps, secret, silent);
  };
}

/**
 * How often, and after how many ms each, an operator's rotation is tried while another instance rotates the same
 * secret.
 */
const TRIES = 20;
const TRY_AGAIN_MS = 250;

/**
 * The operator's rotation. `replaces` is the version to be replaced, or the newest if it is left out. Two calls that
 * name the same version make one new one. Throws AppError `rotation_busy` or `secrets_unavailable`.
 */
export async function rotateNow(
  deps: RotateDeps & { readonly secrets: SecretHolder },
  secret: OwnSecret,
  { leaked, replaces }: { readonly leaked: boolean; readonly replaces: string | undefined },
  log: Logger,
): Promise<Rotated> {
  const replaced = replaces ?? (await newestOf(deps, secret).catch(asUnavailable));
  const rotation: Rotation = { kind: leaked ? "leaked" : "planned", replaces: replaced };
  const rotated = await untilDone(() => rotateSecret(deps, secret, rotation, log));
  // A leaked version must not be used again. One that was only replaced may be, as long as the new one waits to take
  // effect.
  if (leaked) deps.secrets.expire(secret.name);
  else await deps.secrets.refresh(secret.name);
  return rotated;
}

/** Undefined when another instance is at it. */
async function untilDone(rotateOnce: () => Promise<Rotated | undefined>): Promise<Rotated> {
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const rotated = await rotateOnce().catch(asUnavailable);
    if (rotated) return rotated;
    reached("rotation-of-another-instance");
    await new Promise((resolve) => setTimeout(resolve, TRY_AGAIN_MS));
  }
  throw new AppError("rotation_busy", "another instance is rotating this secret", { retryAfter: 5 });
}

async function newestOf({ vault }: RotateDeps, secret: OwnSecret): Promise<string> {
  return lastMade(ownVersions(await vault.listVersions(secret.name), secret))?.version ?? "";
}

function asUnavailable(cause: unknown): never {
  throw new AppError("secrets_unavailable", "Key Vault or the blob with the lease does not answer", {
    cause,
    retryAfter: 5,
  });
}
