/**
 * How the product reaches its services: as it is deployed, or with the emulators' well-known keys, as Core Tools users
 * do.
 */
export const accesses = ["managed-identity", "connection-strings"] as const;
export type Access = (typeof accesses)[number];
