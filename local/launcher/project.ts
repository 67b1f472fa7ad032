import { join } from "node:path";

export const projectRoot = join(import.meta.dirname, "../..");

/** The state folder of commands that are given none: the same wherever they are called from. */
export const defaultStateDir = join(projectRoot, ".headrace");
