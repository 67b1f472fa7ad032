import { expect, it } from "vitest";
import { openWhere } from "../../../shared/query/read-where.ts";
import { columnValue } from "../../../shared/schema/promoted/columns-of.ts";
import type { PromotedPath } from "../../../shared/schema/promoted/promoted-path.ts";
import type { SchemaTypeDocument } from "../../../shared/schema/registry/registry-documents.ts";

const since = "2026-11-22T10:00:00.000Z";
const promoted: readonly PromotedPath[] = [
  { path: "/cost", column: "p1", since, backfilled: true },
  { path: "/a", column: "p2", since },
  { path: "/a:b", column: "p3", since: "2026-11-23T10:00:00.000Z" },
];
const type: SchemaTypeDocument = {
  ...{ id: "type:x", kind: "schema_type", org_id: "acme", event_type: "t", owner: "", description: "", mode: "off" },
  ...{ compatibility: "none", created_at: since, created_by: "x", changed_at: since, promoted, versions: [] },
};
const registry = {
  catchUp: async () => undefined,
  readType: async (_: string, name: string) => (name === "t" ? { value: type, etag: "1" } : undefined),
};
const open = (where: string[], types: string[] | undefined = ["t"]) => openWhere(registry, "acme", where, types);

it.each([
  ["/cost:12", "/cost", 12],
  ["/cost:-1.5e3", "/cost", -1500],
  ['/cost:"12"', "/cost", "12"],
  ["/cost:012", "/cost", "012"],
  ["/cost:true", "/cost", true],
  ['/cost:"true"', "/cost", "true"],
  ["/cost:", "/cost", ""],
  ["/cost:a:b ", "/cost", "a:b "],
  ["/a:b:c", "/a:b", "c"],
  ["/a:b", "/a", "b"],
  ['/a:"b:c"', "/a", "b:c"],
])("%j asks for %s to be %j", async (text, path, value) => {
  const { columns } = await open([text]);
  const { column } = promoted.find((one) => one.path === path) ?? {};
  expect(columns).toEqual([{ column, values: [columnValue("t", path, value)] }]);
});

it("several values of one path are any of them, and several paths are all of them", async () => {
  const { columns } = await open(["/cost:1", "/a:x", "/cost:2", "/cost:1"]);
  const costs = [1, 2].map((value) => columnValue("t", "/cost", value)).sort();
  expect(columns).toEqual([
    { column: "p1", values: costs },
    { column: "p2", values: [columnValue("t", "/a", "x")] },
  ]);
});

it("what is found is complete from when all paths that are asked for are", async () => {
  expect((await open(["/cost:1"])).completeFrom).toBeNull();
  expect((await open(["/cost:1", "/a:1"])).completeFrom).toBe("2026-11-22T10:00:30.000Z");
  expect((await open(["/a:b:1", "/a:1"])).completeFrom).toBe("2026-11-23T10:00:30.000Z");
});

it.each([["/cost:null"], ['/cost:"a'], ['/cost:"a"b'], ["/cost:9007199254740993"], ["/cost:1e400"]])(
  "%j is 400 and says what was expected",
  async (text) => {
    await expect(open([text])).rejects.toMatchObject({ code: "invalid_parameter", members: { parameter: "where" } });
  },
);

it("a path that is not promoted is 400, and names those that are", async () => {
  const paths = ["/cost", "/a", "/a:b"];
  for (const text of ["/other:1", "/cos:1", "cost:1", "/cost", ""])
    await expect(open([text])).rejects.toMatchObject({ code: "path_not_promoted", members: { paths } });
  await expect(open(["/cost:1"], ["other"])).rejects.toMatchObject({
    code: "path_not_promoted",
    members: { paths: [] },
  });
});

it("without one type it is 400", async () => {
  for (const types of [[], ["t", "u"]])
    await expect(open(["/cost:1"], types)).rejects.toMatchObject({ code: "invalid_parameter" });
  await expect(openWhere(registry, "acme", ["/cost:1"], undefined)).rejects.toMatchObject({ status: 400 });
});
