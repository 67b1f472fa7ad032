import { afterAll, beforeAll, expect, test } from "vitest";
import { runQuery } from "../../../local/emulators/cosmos/query/run-query.ts";
import { compileQuery } from "../../../local/emulators/cosmos/sql/compile.ts";
import { createFunctions } from "../../../local/emulators/cosmos/sql/functions.ts";
import { parseQuery } from "../../../local/emulators/cosmos/sql/parse.ts";
import { type Catalog, createCatalog } from "../../../local/emulators/cosmos/store/catalog.ts";
import { openStore, type Store } from "../../../local/emulators/cosmos/store/database.ts";
import { hierarchical } from "./support.ts";

/* Over the wire a scan and a search differ only in time, so this asks SQLite for its query plan. */

const descending = (...paths: string[]) => paths.map((path) => ({ path, order: "descending" }));

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
      includedPaths: [{ path: "/timestamp/?" }, { path: "/type/?" }, { path: "/user/?" }],
      excludedPaths: [{ path: "/*" }],
      compositeIndexes: [
        descending("/org_id", "/timestamp", "/id"),
        descending("/org_id", "/type", "/timestamp", "/id"),
        descending("/timestamp", "/id"),
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
    search(sql, params) {
      statements.push(sql);
      return store.search(sql, params);
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
  ["c.org_id = 'o' AND c.user = 'x'", "user", /SEARCH .*org_id.*=\? AND .*user.*=\?/],
  ["c.org_id = 'o' AND c.type = 'x'", "composite, as an index on the type", /SEARCH .*org_id.*=\? AND .*type.*=\?/],
  ["c.org_id = 'o' ORDER BY c.org_id DESC, c.timestamp DESC, c.id DESC", "composite", /SEARCH .*org_id.*=\?/],
  ["c.org_id = 'o' ORDER BY c.org_id ASC, c.timestamp ASC, c.id ASC", "composite, backwards", /SEARCH .*org_id.*=\?/],
  ["c.org_id = 'o' ORDER BY c.timestamp DESC", "composite, in part", /SEARCH .*org_id.*=\?/],
  [
    "c.org_id = 'o' AND c.timestamp >= '2026' AND c.timestamp < '2027' ORDER BY c.org_id DESC, c.timestamp DESC, c.id DESC",
    "range",
    /SEARCH .*org_id.*=\? AND .*timestamp.*>/,
  ],
  [
    "c.org_id = 'o' AND (c.timestamp < '2026' OR (c.timestamp = '2026' AND c.id < 'x')) ORDER BY c.org_id DESC, c.timestamp DESC, c.id DESC",
    "keyset",
    /SEARCH .*org_id.*=\? AND .*timestamp.*>/,
  ],
  [
    "c.org_id = 'o' AND c.type = 'x' AND c.timestamp < '2026' ORDER BY c.org_id DESC, c.type DESC, c.timestamp DESC, c.id DESC",
    "filter in ORDER BY",
    /SEARCH .*org_id.*=\? AND .*type.*=\? AND .*timestamp.*>/,
  ],
  // As in the service, a composite index serves only the ORDER BY that names all of it, and no other index is used
  // instead.
  ["c.org_id = 'o' AND c.type = 'x' ORDER BY c.timestamp DESC", "times of the org", /SEARCH [^=]*org_id[^=]*=\?\)/],
  ["c.org_id = 'o' AND c.user = 'x' ORDER BY c.timestamp DESC", "times of the org", /SEARCH [^=]*org_id[^=]*=\?\)/],
])("WHERE %s is answered by an index (%s)", async (where, _, plan) => {
  const steps = await explain(`SELECT * FROM c WHERE ${where}`);
  expect(steps.replaceAll('"', "")).toMatch(plan);
  // Of a list of ids, and of the rows that a longer index leads to, only the found ones are sorted.
  if (!/'a', 'b'|type = 'x'$/.test(where)) expect(steps).not.toContain("TEMP B-TREE");
  expect(steps).not.toMatch(/SCAN documents/);
});

test("a composite index without the tenant is walked through, and the tenant's documents are picked out of it", async () => {
  const steps = await explain("SELECT * FROM c WHERE c.org_id = 'o' ORDER BY c.timestamp DESC, c.id DESC");
  expect(steps).toMatch(/^SCAN documents_1 USING INDEX \w+$/);
});
