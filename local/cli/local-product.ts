import { join } from "node:path";
import type { IdentityStore } from "../../shared/identity/identity-store.ts";
import { projectRoot } from "../pipeline/services.ts";

/** The state folder of commands that are given none: the same wherever they are called from. */
export const defaultStateDir = join(projectRoot, ".headrace");

export interface OpenIdentityStore {
  readonly store: IdentityStore;
  close(): void;
}

/** The identity store of the product that runs with these settings. */
export async function openIdentityStore(_env: Readonly<Record<string, string>>): Promise<OpenIdentityStore> {
  throw new Error("the identity store has no adapter yet");
}
