import type { Deletion, SecretVersion } from "./secret-store.ts";

/** Days that a deleted secret can be recovered, as a new vault in Azure has it. */
export const RECOVERABLE_DAYS = 90;

/** `https://127.0.0.1:8443/secrets/name/version`: ids name the host that the client asked. */
export function idOf(host: string, { name, version }: Pick<SecretVersion, "name" | "version">): string {
  return `https://${host}/secrets/${name}/${version}`;
}

/** A secret version with its value. */
export function showSecret(host: string, secret: SecretVersion): object {
  return { value: secret.value, ...showProperties(host, secret) };
}

/** A secret version without its value. */
export function showProperties(host: string, secret: SecretVersion): object {
  const { contentType, tags } = secret;
  return {
    id: idOf(host, secret),
    ...(contentType === null ? {} : { contentType }),
    attributes: showAttributes(secret),
    ...(tags === null ? {} : { tags }),
  };
}

/** As a list of secrets shows it: without version, with the attributes of the newest. */
export function showItem(host: string, secret: SecretVersion): object {
  return { ...showProperties(host, secret), id: `https://${host}/secrets/${secret.name}` };
}

export function showDeleted(host: string, secret: SecretVersion, deletion: Deletion): object {
  return { recoveryId: `https://${host}/deletedsecrets/${secret.name}`, ...deletion, ...showProperties(host, secret) };
}

function showAttributes({ enabled, nbf, exp, created, updated }: SecretVersion): object {
  return {
    enabled,
    ...(nbf === null ? {} : { nbf }),
    ...(exp === null ? {} : { exp }),
    created,
    updated,
    recoveryLevel: "Recoverable+Purgeable",
    recoverableDays: RECOVERABLE_DAYS,
  };
}
