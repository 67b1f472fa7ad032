/**
 * The newest usable version of a Key Vault secret (enabled, `nbf` reached, not expired), from memory; new versions are
 * picked up as they appear. Throws AppError `secrets_unavailable` when it was never read and Key Vault does not answer,
 * or has no such version.
 */
export type ReadSecret = (name: string) => Promise<string>;
