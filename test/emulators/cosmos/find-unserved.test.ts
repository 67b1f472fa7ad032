import { expect, test } from "vitest";
import { findUnserved } from "../../../local/emulators/cosmos/query/find-unserved.ts";

const policy = {
  includedPaths: [{ path: "/a/?" }, { path: "/b/?" }, { path: "/tree/*" }],
  excludedPaths: [{ path: "/*" }],
  compositeIndexes: [["/a", "/b"].map((path) => ({ path, order: "descending" }))],
};
const find = (rest: string) => findUnserved(`SELECT * FROM c ${rest}`, new Map([["@x", 1]]), policy);

test.each([
  "",
  "WHERE c.a = @x",
  "WHERE @x < c.a AND c.b != 'text' AND true",
  "WHERE c.a IN (1, @x) OR NOT c.b BETWEEN 1 AND -@x",
  "WHERE STARTSWITH(c.a, 'x') AND IS_DEFINED(c.b) AND NOT IS_NULL(c.tree.any.branch)",
  // Kept by the service in any case.
  "WHERE c.id = 'x' AND c._ts >= @x",
  "ORDER BY c.a",
  "WHERE c.b = 1 ORDER BY c.a DESC, c.b DESC",
  "ORDER BY c.a ASC, c.b ASC",
])("indexes serve %j", (rest) => {
  expect(find(rest)).toEqual([]);
});

test.each([
  ["WHERE c.other = @x", ["c.other = @x"]],
  ["WHERE c.a = 1 AND (c.other > 2 OR c.b.deeper = 3)", ["c.other > 2", "c.b.deeper = 3"]],
  ["WHERE NOT IS_DEFINED(c.other)", ["IS_DEFINED(c.other)"]],
  ["WHERE c.a = c.b", ["c.a = c.b"]],
  ["WHERE c.a + 1 = 2", ["c.a + 1 = 2"]],
  ["WHERE c.a", ["c.a"]],
  ["WHERE UPPER(c.a) = 'X'", ["UPPER(c.a) = 'X'"]],
  ["WHERE ENDSWITH(c.a, 'x')", ["ENDSWITH(c.a, 'x')"]],
  ["WHERE c.other IN (1, 2) AND c.a LIKE 'x%'", ["c.other IN (1, 2)", "c.a LIKE 'x%'"]],
  ["WHERE c.a BETWEEN 1 AND c.b", ["c.a BETWEEN 1 AND c.b"]],
  ["WHERE EXISTS(SELECT VALUE i FROM i IN c.a)", ["EXISTS(SELECT VALUE i FROM i IN c.a)"]],
  ["ORDER BY c.other", ["ORDER BY c.other"]],
  ["ORDER BY c.a DESC, c.b ASC", ["ORDER BY c.a DESC, c.b ASC"]],
  ["WHERE c.a = 1 ORDER BY c.b DESC, c.a DESC", ["ORDER BY c.b DESC, c.a DESC"]],
])("no index serves a part of %j", (rest, unserved) => {
  expect(find(rest)).toEqual(unserved);
});
