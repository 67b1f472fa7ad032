/** The functions that are not of HTTP: each scales by itself. */
export const backgroundFunctions = ["dispatch", "persist", "persist-poison", "merge-ledger", "rotate-secrets"] as const;
