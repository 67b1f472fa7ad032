import { globSync } from "node:fs";
import { basename } from "node:path";

/** The place and the name that make a test file a long one: `npm run test:long` runs it, and `npm test` does not. */
export const longTests = ["test/outage/**/*.test.ts", "test/**/*.long.test.ts"];

/** The long test files by name: `test/outage/vault.test.ts` is `vault`, `test/model/model.long.test.ts` is `model`. */
export function findLongTests(): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>();
  for (const file of globSync(longTests)) {
    const name = basename(file).replace(/(\.long)?\.test\.ts$/, "");
    found.set(name, [...(found.get(name) ?? []), file]);
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}
