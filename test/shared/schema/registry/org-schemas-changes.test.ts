import { expect, it } from "vitest";
import { registryBounds } from "../../../../shared/schema/registry/bounds.ts";
import { noSchemas, withSettings, withVersion } from "../../../../shared/schema/registry/org-schemas-changes.ts";

const type = (event_type: string) => ({ event_type, mode: "warn" }) as const;
const live = (version: number, text = "") => ({ version, status: "active", schema: { description: text } }) as const;

it("a version takes the place of what was known of it, among the others in order", () => {
  let schemas = withVersion(noSchemas("acme"), type("a"), live(1));
  schemas = withVersion(schemas, type("b"), live(1));
  schemas = withVersion(schemas, { event_type: "a", mode: "enforce" }, live(2));
  schemas = withVersion(schemas, { event_type: "a", mode: "enforce" }, { version: 1, status: "retired" });
  expect(schemas.types).toEqual([
    { event_type: "a", mode: "enforce", versions: [{ version: 1, status: "retired" }, live(2)] },
    { event_type: "b", mode: "warn", versions: [live(1)] },
  ]);
  expect(withSettings(schemas, { event_type: "b", mode: "off" }).types[1]?.mode).toBe("off");
});

it("ingest knows the paths of a type and their columns, whatever becomes of its versions, and nothing else of them", () => {
  const column = { path: "/cost", column: "p1" } as const;
  const promoted = [{ ...column, since: "2026-11-22T10:00:00.000Z", backfilled: true }];
  let schemas = withVersion(noSchemas("acme"), { ...type("a"), promoted }, live(1));
  expect(schemas.types[0]?.promoted).toEqual([column]);
  schemas = withVersion(schemas, { ...type("a"), promoted }, live(2));
  schemas = withSettings(schemas, { ...type("a"), promoted: [] });
  expect(schemas.types[0]).toEqual({ ...type("a"), promoted: [], versions: [live(1), live(2)] });
});

it("paths count among an org's bytes", () => {
  const large = "é".repeat(30_000);
  let schemas = noSchemas("acme");
  for (let version = 1; version <= 17; version++) schemas = withVersion(schemas, type("t"), live(version, large));
  const promoted = [{ path: `/${"é".repeat(20_000)}`, column: "p1" }] as const;
  expect(() => withSettings(schemas, { ...type("t"), promoted })).toThrow(
    expect.objectContaining({ code: "registry_full", members: { what: "bytes", limit: registryBounds.bytes } }),
  );
});

it("an org has as many types as the bound says, and a type that is there goes on when they are all taken", () => {
  let schemas = noSchemas("acme");
  for (let i = 0; i < registryBounds.types; i++) schemas = withVersion(schemas, type(`t${i}`), live(1));
  expect(() => withVersion(schemas, type("one more"), live(1))).toThrow(
    expect.objectContaining({ code: "registry_full", members: { what: "types", limit: registryBounds.types } }),
  );
  expect(withVersion(schemas, type("t0"), live(2)).types).toHaveLength(registryBounds.types);
});

it("schemas that judge have a bound of bytes together, and one that retires makes room", () => {
  const large = "é".repeat(30_000);
  let schemas = noSchemas("acme");
  const add = (version: number) => withVersion(schemas, type("t"), live(version, large));
  for (let version = 1; version <= 17; version++) schemas = add(version);
  expect(() => add(18)).toThrow(
    expect.objectContaining({ code: "registry_full", members: { what: "bytes", limit: registryBounds.bytes } }),
  );
  schemas = withVersion(schemas, type("t"), { version: 1, status: "retired" });
  expect(add(18).types[0]?.versions).toHaveLength(18);
});
