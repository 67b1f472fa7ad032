import { randomBytes } from "node:crypto";

/** An id that nobody else uses: adapters of a running service share what it holds. */
export function newOrg(): string {
  return `test-${randomBytes(6).toString("hex")}`;
}
