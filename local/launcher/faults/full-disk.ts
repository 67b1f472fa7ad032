import { writevSync } from "node:fs";
import type { WriteBytes } from "@headrace/emulators/event-hubs/segment.ts";

/** How long a disk stays full, in milliseconds. */
export const FULL_MS = 1_000;

/** The effect of a full disk on a write: it takes a part of it, and then fails. */
export const writeToFullDisk: WriteBytes = (file, records, position) => {
  const bytes = Buffer.concat(records);
  writevSync(file, [bytes.subarray(0, bytes.length / 2)], position);
  throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
};
