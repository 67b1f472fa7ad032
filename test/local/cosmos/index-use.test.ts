import { afterAll, beforeAll, expect, test } from "vitest";
import { runQuery } from "../../../local/cosmos/query/run-query.ts";
import { compileQuery } from "../../../local/cosmos/sql/compile.ts";
import { createFunctions } from "../../../local/cosmos/sql/functions.ts";
import { parseQuery } from "../../../local/cosmos/sql/parse.ts";
import { type Catalog, createCatalog } from "../../../local/cosmos/store/catalog.ts";
import { openStore, type Store } from "../../../local/cosmos/store/database.ts";
import { hierarchical } from "./support.ts";

/* Over the wire a scan and a search differ only in time, so this asks SQLite how it would go about it. */

let store: Store;
let catalog: Catalog;

beforeAll(() => {
  store = openStore(":memory:", false);
  catalog = createCatalog(store, { partitionRanges: 3, now: Date.now });
  catalog.createDatabase("d");
  catalog.createContainer("d", {
    id: "c",
    partitionKey: { ...hierarchical("/org_id", "/id") },
    indexingPolicy: {
      includedPaths: [{ path: "/timestamp/?" }, { path: "/type/?" }],
      excludedPaths: [{ path: "/*" }],
      compositeIndexes: [
        [
          { path: "/timestamp", order: "descending" },
          { path: "/id", order: "descending" },
        ],
      ],
    },
  });
});
afterAll(() => store.close());

async function explain(text: string): Promise<string> {
  const statements: string[] = [];
  const open = catalog.open("d", "c");
  const watched: Store = {
    ...store,
    prepare(sql) {
      statements.push(sql);
      return store.prepare(sql);
    },
  };
  const compiled = compileQuery(parseQuery(text, new Map()), createFunctions(Date.now));
  await runQuery(watched, { open, compiled, now: 0, maxItems: 10, continuation: undefined });
  const [sql = ""] = statements;
  const parameters = Array.from({ length: sql.split("?").length - 1 }, () => "[]");
  const steps = store.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...parameters);
  return steps.map((step) => String(step.detail)).join("; ");
}

test.each([
  ["c.org_id = 'o'", "c.org_id", /SEARCH .*org_id.*=\?\)/],
  ["c.org_id = 'o' AND c.id IN ('a', 'b')", "both", /SEARCH .*org_id.*=\? AND .*id.*=\?/],
  ["c.org_id = 'o' AND ARRAY_CONTAINS(['a', 'b'], c.id)", "both", /SEARCH .*org_id.*=\? AND .*id.*=\?/],
  ["c.org_id = 'o' AND c.type = 'x'", "type", /SEARCH .*org_id.*=\? AND .*type.*=\?/],
  ["c.org_id = 'o' ORDER BY c.timestamp DESC, c.id DESC", "composite", /SEARCH .*org_id.*=\?/],
  ["c.org_id = 'o' ORDER BY c.timestamp ASC, c.id ASC", "composite, backwards", /SEARCH .*org_id.*=\?/],
  ["c.org_id = 'o' ORDER BY c.timestamp DESC", "composite, in part", /SEARCH .*org_id.*=\?/],
  [
    "c.org_id = 'o' AND c.timestamp >= '2026' AND c.timestamp < '2027' ORDER BY c.timestamp DESC, c.id DESC",
    "range",
    /SEARCH .*org_id.*=\? AND .*timestamp.*>/,
  ],
  [
    "c.org_id = 'o' AND (c.timestamp < '2026' OR (c.timestamp = '2026' AND c.id < 'x')) ORDER BY c.timestamp DESC, c.id DESC",
    "keyset",
    /SEARCH .*org_id.*=\? AND .*timestamp.*>/,
  ],
])("WHERE %s is answered by an index (%s)", async (where, _, plan) => {
  const steps = await explain(`SELECT * FROM c WHERE ${where}`);
  expect(steps.replaceAll('"', "")).toMatch(plan);
  // Of a list of ids only what was found is sorted.
  if (!where.includes("'a', 'b'")) expect(steps).not.toContain("TEMP B-TREE");
  expect(steps).not.toMatch(/SCAN documents/);
});
