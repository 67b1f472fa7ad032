import type { Container, FeedOptions, SqlQuerySpec } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { RANGES, refusal, startWorld, type World } from "./support.ts";

const INDEXING = {
  includedPaths: [{ path: "/org_id/?" }, { path: "/timestamp/?" }, { path: "/type/?" }, { path: "/n/?" }],
  excludedPaths: [{ path: "/*" }],
  compositeIndexes: [
    [
      { path: "/timestamp", order: "descending" as const },
      { path: "/id", order: "descending" as const },
    ],
    [
      { path: "/type", order: "ascending" as const },
      { path: "/timestamp", order: "descending" as const },
    ],
  ],
};

/** 60 events of four orgs, three at each time. */
const EVENTS = Array.from({ length: 60 }, (_, i) => ({
  id: `e${String(i).padStart(2, "0")}`,
  org_id: `o${i % 4}`,
  timestamp: `2026-01-01T00:${String(Math.floor(i / 3)).padStart(2, "0")}:00Z`,
  type: i % 3 === 0 ? "view" : "click",
  n: i,
  ...(i % 2 === 0 ? { user: { name: `u${i % 5}`, tags: ["a", `t${i % 3}`] } } : {}),
  items: [
    { sku: `s${i % 4}`, qty: i % 7 },
    { sku: "common", qty: 1 },
  ],
}));

/** One document with something of every type. */
const KINDS = {
  id: "kinds",
  org_id: "kinds",
  nothing: null,
  yes: true,
  no: false,
  int: 5,
  half: -2.5,
  zero: 0,
  text: "Hello Wörld",
  empty: "",
  list: [1, "two", null, { a: 1, b: 2 }],
  object: { a: { b: [10, 20, 30] }, "odd key": 1, value: 7 },
  date: "2026-03-01T12:34:56.789Z",
}; // prettier-ignore

describe.each(RANGES)("queries over %i range(s)", (partitionRanges) => {
  let world: World;
  let container: Container;
  let single: Container;

  beforeAll(async () => {
    world = await startWorld({ partitionRanges });
    container = await world.createContainer({ indexingPolicy: INDEXING });
    single = await world.createContainer({});
    await Promise.all(EVENTS.map((event) => container.items.create(event)));
    await single.items.create(KINDS);
  });
  afterAll(() => world.close());

  const ask = async (query: string | SqlQuerySpec, options: FeedOptions = {}, on = container): Promise<unknown[]> =>
    (await on.items.query(query, options).fetchAll()).resources;
  const refused = (query: string | SqlQuerySpec, on = container) => refusal(on.items.query(query).fetchAll());
  const idsOf = (events: readonly { readonly id: string }[]) => events.map(({ id }) => id);
  const newestFirst = [...EVENTS].sort((a, b) => (a.timestamp + a.id < b.timestamp + b.id ? 1 : -1));

  describe("expressions", () => {
    test.each<[string, unknown]>([
      ["c.int + 2 * 3 - 4 / 2 % 3", 9],
      ["-c.int", -5],
      ["c.int / 0", undefined],
      ["c.text + 1", undefined],
      ["c.text || '!'", "Hello Wörld!"],
      ["c.text || 1", undefined],
      ["c.object.a.b[1]", 20],
      ["c.object['odd key']", 1],
      ["c.object.value", 7],
      ['c["object"]["a"].b[9]', undefined],
      ["c.constructor", undefined],
      ["c.missing ?? c.nothing ?? 1", null],
      ["c.missing.deep ?? 'none'", "none"],
      ["c.yes ? 'y' : 'n'", "y"],
      ["c.missing ? 'y' : 'n'", "n"],
      ["c.int = 5", true],
      ["c.int = '5'", false],
      ["c.int != '5'", true],
      ["c.missing = 5", undefined],
      ["c.missing != 5", undefined],
      ["c.int > '1'", undefined],
      ["c.nothing = null", true],
      ["c.nothing < 1", undefined],
      ["c.no < c.yes", true],
      ["c.text >= 'Hello'", true],
      ['c.object.a = {"b": [10, 20, 30]}', true],
      ["[1, 2] = [1, 2]", true],
      ["NOT c.missing", undefined],
      ["c.missing AND false", false],
      ["c.missing OR true", true],
      ["c.missing OR false", undefined],
      ["c.int AND true", undefined],
      ["c.int IN (1, 5, 'x')", true],
      ["c.int NOT IN (1, 2)", true],
      ["c.missing IN (1)", undefined],
      ["c.int BETWEEN 5 AND 6", true],
      ["c.int NOT BETWEEN 5 AND 6", false],
      ["c.text LIKE 'Hel%'", true],
      ["c.text LIKE '%W_rld'", true],
      ["c.text LIKE 'h%'", false],
      ["c.text LIKE '[A-H]%d'", true],
      ["c.text LIKE '[^A-H]%'", false],
      ["'50%' LIKE '50!%' ESCAPE '!'", true],
      ['{a: c.int, b: c.missing, "c": [c.missing, 1]}', { a: 5, c: [1] }],
      [
        "[IS_DEFINED(c.nothing), IS_DEFINED(c.missing), IS_NULL(c.nothing), IS_STRING(c.text), IS_NUMBER(c.half), IS_BOOL(c.no), IS_ARRAY(c.list), IS_OBJECT(c.object), IS_OBJECT(c.list), is_null(c.missing)]",
        [true, false, true, true, true, true, true, true, false, false],
      ],
      [
        "[CONTAINS(c.text, 'wör'), CONTAINS(c.text, 'wör', true), STARTSWITH(c.text, 'Hell'), STARTSWITH(c.text, 'hell', true), ENDSWITH(c.text, 'LD', true)]",
        [false, true, true, true, true],
      ],
      ["CONTAINS(c.int, 'x')", undefined],
      [
        "[LOWER(c.text), UPPER('ab'), LENGTH(c.text), TRIM(' x '), LEFT(c.text, 2), RIGHT(c.text, 2), SUBSTRING(c.text, 1, 3), CONCAT('a', 'b', 'c'), INDEX_OF(c.text, 'l'), REPLACE('aXbX', 'X', '$&')]",
        ["hello wörld", "AB", 11, "x", "He", "ld", "ell", "abc", 2, "a$&b$&"],
      ],
      [
        "[ARRAY_CONTAINS(c.list, 'two'), ARRAY_CONTAINS(c.list, {a: 1}), ARRAY_CONTAINS(c.list, {a: 1}, true), ARRAY_LENGTH(c.list), ARRAY_SLICE(c.object.a.b, 1), ARRAY_SLICE(c.object.a.b, -2, 1), ARRAY_CONCAT([1], [2])]",
        [true, false, true, 4, [20, 30], [20], [1, 2]],
      ],
      ["[ABS(c.half), FLOOR(c.half), CEILING(c.half), ROUND(2.5), ROUND(-2.5)]", [2.5, -3, -2, 3, -3]],
      [
        "[TOSTRING(c.int), TOSTRING(c.yes), TOSTRING(c.list), STRINGTONUMBER('1.5')]",
        ["5", "true", '[1,"two",null,{"a":1,"b":2}]', 1.5],
      ],
      ["STRINGTONUMBER('x')", undefined],
      [
        "[GetCurrentTimestamp(), GetCurrentDateTime()]",
        [Date.parse("2026-03-01T12:00:00Z"), "2026-03-01T12:00:00.0000000Z"],
      ],
      [
        "[DateTimeBin(c.date, 'hh', 2), DateTimePart('mm', c.date), DateTimeAdd('month', 1, '2026-01-31T00:00:00Z'), DateTimeDiff('hour', '2026-01-01T00:59:00Z', '2026-01-01T02:01:00Z')]",
        ["2026-03-01T12:00:00.0000000Z", 3, "2026-02-28T00:00:00.0000000Z", 2],
      ],
      ["EXISTS(SELECT VALUE x FROM x IN c.list WHERE x = 'two')", true],
      ["EXISTS(SELECT VALUE x FROM x IN c.list WHERE x = 'three')", false],
      ["ARRAY(SELECT VALUE x * 2 FROM x IN c.object.a.b WHERE x > 10)", [40, 60]],
      ["(SELECT VALUE COUNT(1) FROM x IN c.list)", 4],
      ["'it''s'", "refused"],
      ['"a\\"b\\u00e9\\n"', 'a"bé\n'],
    ])("%s", async (expression, expected) => {
      const query = `SELECT VALUE ${expression} FROM c`;
      if (expected === "refused") return expect(await refused(query, single)).toMatchObject({ code: 400 });
      expect(await ask(query, {}, single)).toEqual(expected === undefined ? [] : [expected]);
    });
  });

  describe("clauses", () => {
    test("name what they select", async () => {
      const query = "SELECT c.int, c.object.a AS nested, c.object['odd key'], c.int + 1, UPPER('x'), c.missing FROM c";
      expect(await ask(query, {}, single)).toEqual([{ int: 5, nested: KINDS.object.a, "odd key": 1, $1: 6, $2: "X" }]);
    });

    test("take any alias, any case, and comments", async () => {
      const query = "select top 2 E.id -- the id\n from Events e where e.n >= 58";
      expect(await refused(query)).toMatchObject({ code: 400, message: expect.stringContaining("'E'") });
      expect(await ask(query.replace("E.id", "e.id"))).toHaveLength(2);
      expect(await ask("SELECT VALUE root.n FROM root WHERE root.id = 'e07'")).toEqual([7]);
    });

    test("take parameters of any type", async () => {
      const parameters = [
        { name: "@n", value: 7 },
        { name: "@tags", value: ["a", "t1"] },
      ];
      expect(await ask({ query: "SELECT VALUE c.id FROM c WHERE c.n = @n", parameters })).toEqual(["e07"]);
      const byList = { query: "SELECT VALUE COUNT(1) FROM c WHERE c.user.tags = @tags", parameters };
      expect(await ask(byList)).toEqual([EVENTS.filter((event) => event.user?.tags[1] === "t1").length]);
      expect(await refused("SELECT * FROM c WHERE c.n = @none")).toMatchObject({
        code: 400,
        message: expect.stringContaining("@none"),
      });
    });

    test("join arrays, and read from them", async () => {
      const joined = await ask(
        "SELECT c.id, i.qty FROM c JOIN i IN c.items WHERE i.sku = 's1' AND c.org_id = 'o1' AND c.n < 10",
      );
      expect(joined).toEqual([
        { id: "e01", qty: 1 },
        { id: "e05", qty: 5 },
        { id: "e09", qty: 2 },
      ]);
      const tags = await ask("SELECT VALUE t FROM t IN c.user.tags");
      expect(tags).toHaveLength(60);
      const pairs = await ask(
        "SELECT VALUE [i.sku, t] FROM c JOIN i IN c.items JOIN t IN c.user.tags WHERE c.id = 'e02'",
      );
      expect(pairs).toEqual([
        ["s2", "a"],
        ["s2", "t2"],
        ["common", "a"],
        ["common", "t2"],
      ]);
    });

    test("page through joins without losing or repeating a row", async () => {
      const query = "SELECT c.id, i.sku FROM c JOIN i IN c.items";
      const all = await ask(query, { maxItemCount: 7 });
      expect(new Set(all.map((row) => JSON.stringify(row))).size).toBe(120);
      expect(all).toHaveLength(120);
    });

    test("order, and slice what is ordered", async () => {
      const order = "ORDER BY c.timestamp DESC, c.id DESC";
      expect(await ask(`SELECT VALUE c.id FROM c ${order}`, { maxItemCount: 7 })).toEqual(idsOf(newestFirst));
      expect(await ask(`SELECT TOP 5 c.id FROM c ${order}`)).toEqual(newestFirst.slice(0, 5).map(({ id }) => ({ id })));
      expect(await ask(`SELECT VALUE c.id FROM c ${order} OFFSET 13 LIMIT 9`)).toEqual(
        idsOf(newestFirst.slice(13, 22)),
      );
      expect(await ask("SELECT VALUE c.id FROM c ORDER BY c.timestamp, c.id")).toEqual(
        idsOf([...newestFirst].reverse()),
      );
      expect(await ask("SELECT VALUE c.n FROM c WHERE c.org_id = 'o2' ORDER BY c.n DESC", { maxItemCount: 4 })).toEqual(
        EVENTS.filter((event) => event.org_id === "o2")
          .map(({ n }) => n)
          .reverse(), // prettier-ignore
      );
      const own = EVENTS.filter((event) => event.org_id === "o1").sort((a, b) =>
        a.type === b.type ? b.n - a.n : a.type < b.type ? -1 : 1,
      );
      const mixed = "SELECT * FROM c WHERE c.org_id = 'o1' ORDER BY c.type, c.timestamp DESC";
      expect((await ask(mixed, { maxItemCount: 4 })).map((row) => (row as { id: string }).id)).toEqual(idsOf(own));
      expect(await ask(`SELECT * FROM c WHERE c.n = 3 ${order}`)).toMatchObject([EVENTS[3] ?? {}]);
    });

    test("slice without an order", async () => {
      expect(await ask("SELECT TOP 7 * FROM c")).toHaveLength(7);
      expect(await ask("SELECT * FROM c OFFSET 55 LIMIT 10")).toHaveLength(5);
      expect(await ask("SELECT TOP 0 * FROM c")).toHaveLength(0);
      expect(await ask({ query: "SELECT TOP @n * FROM c", parameters: [{ name: "@n", value: 3 }] })).toHaveLength(3);
    });

    test("page through an order while documents arrive", async () => {
      const growing = await world.createContainer({ indexingPolicy: INDEXING });
      const create = (i: number) => growing.items.create({ id: `d${i}`, org_id: "o", timestamp: String(1000 + i) });
      for (let i = 0; i < 30; i += 2) await create(i);
      const seen: string[] = [];
      const pages = growing.items.query<string>(
        "SELECT VALUE c.id FROM c WHERE c.org_id = 'o' ORDER BY c.timestamp DESC",
        {
          maxItemCount: 4,
          enableQueryControl: true,
        },
      );
      for (let i = 1; pages.hasMoreResults(); i += 2) {
        seen.push(...((await pages.fetchNext()).resources ?? []));
        await create(i);
      }
      const before = Array.from({ length: 15 }, (_, i) => `d${28 - i * 2}`);
      expect(seen.filter((id) => before.includes(id))).toEqual(before);
      expect(new Set(seen).size).toBe(seen.length);
    });

    test("resume from a token, also in another client", async () => {
      const query = "SELECT * FROM c WHERE c.org_id = 'o3' ORDER BY c.timestamp DESC, c.id DESC";
      const own = newestFirst.filter((event) => event.org_id === "o3");
      const ids: string[] = [];
      let continuationToken: string | undefined;
      do {
        const options = {
          maxItemCount: 4,
          enableQueryControl: true,
          ...(continuationToken ? { continuationToken } : {}),
        };
        const page = await container.items.query<{ id: string }>(query, options).fetchNext();
        ids.push(...(page.resources ?? []).map(({ id }) => id));
        continuationToken = page.continuationToken;
      } while (continuationToken);
      expect(ids).toEqual(idsOf(own));
      const forged = container.items.query("SELECT * FROM c", {
        partitionKey: ["o1", "e01"],
        continuationToken: "forged",
      });
      expect(await refusal(forged.fetchNext())).toMatchObject({ code: 400 });
    });

    test("stay within one partition key", async () => {
      expect(await ask("SELECT VALUE c.id FROM c", { partitionKey: ["o1", "e01"] })).toEqual(["e01"]);
      expect(await ask("SELECT VALUE COUNT(1) FROM c", { partitionKey: ["o1", "e02"] })).toEqual([0]);
      const prefix = container.items.query("SELECT * FROM c", { partitionKey: ["o1"] }).fetchAll();
      expect(await refusal(prefix)).toMatchObject({ code: 400, message: expect.stringContaining("WHERE") });
      expect((await container.items.readAll({ partitionKey: ["o1", "e01"] }).fetchAll()).resources).toHaveLength(1);
      expect((await container.items.readAll().fetchAll()).resources).toHaveLength(60);
    });
  });

  describe("aggregates", () => {
    const sum = EVENTS.reduce((total, { n }) => total + n, 0);

    test.each<[string, unknown[]]>([
      ["SELECT VALUE COUNT(1) FROM c", [60]],
      ["SELECT VALUE COUNT(1) FROM c WHERE c.org_id = 'o1'", [15]],
      ["SELECT VALUE COUNT(1) FROM c WHERE c.n > 1000", [0]],
      ["SELECT VALUE COUNT(c.user) FROM c", [30]],
      ["SELECT VALUE SUM(c.n) FROM c", [sum]],
      ["SELECT VALUE AVG(c.n) FROM c", [sum / 60]],
      ["SELECT VALUE AVG(c.n) FROM c WHERE c.n > 1000", []],
      ["SELECT VALUE MIN(c.n) FROM c", [0]],
      ["SELECT VALUE MAX(c.timestamp) FROM c", ["2026-01-01T00:19:00Z"]],
      ["SELECT COUNT(1) AS n, MAX(c.n) AS last FROM c", [{ n: 60, last: 59 }]],
      [
        "SELECT VALUE SUM(i.qty) FROM c JOIN i IN c.items WHERE c.org_id = 'o0'",
        [
          EVENTS.filter((e) => e.org_id === "o0")
            .flatMap((e) => e.items)
            .reduce((total, { qty }) => total + qty, 0),
        ],
      ], // prettier-ignore
    ])("%s", async (query, expected) => {
      expect(await ask(query)).toEqual(expected);
    });

    test("by group", async () => {
      const groups = await ask("SELECT c.type, COUNT(1) AS n, AVG(c.n) AS mean FROM c GROUP BY c.type");
      const byType = (type: string) => EVENTS.filter((event) => event.type === type);
      const mean = (type: string) => byType(type).reduce((total, { n }) => total + n, 0) / byType(type).length;
      expect(groups).toHaveLength(2);
      expect(groups).toContainEqual({ type: "view", n: 20, mean: mean("view") });
      expect(groups).toContainEqual({ type: "click", n: 40, mean: mean("click") });
      expect(await ask("SELECT c.org_id, c.type FROM c GROUP BY c.org_id, c.type")).toHaveLength(8);
      expect((await ask("SELECT VALUE c.org_id FROM c GROUP BY c.org_id")).sort()).toEqual(["o0", "o1", "o2", "o3"]);
    });

    test("distinct", async () => {
      expect((await ask("SELECT DISTINCT VALUE c.org_id FROM c")).sort()).toEqual(["o0", "o1", "o2", "o3"]);
      expect(await ask("SELECT DISTINCT c.type, c.org_id FROM c")).toHaveLength(8);
      expect(await ask("SELECT DISTINCT VALUE c.type FROM c ORDER BY c.type")).toEqual(["click", "view"]);
    });
  });

  describe("queries that Azure refuses, or that the emulator does not know", () => {
    test.each<[string, string]>([
      ["SELECT * FORM c", "FORM"],
      ["SELECT * FROM c WHERE", "end of query"],
      ["SELECT * FROM c WHERE c.a = ", "end of query"],
      ["SELECT * FROM c WHERE c.a = 'open", "'"],
      ["SELECT c.id; DROP", ";"],
      ["SELECT x.id FROM c", "x"],
      ["SELECT * FROM c JOIN i IN c.items", "SELECT *"],
      ["SELECT * FROM c ORDER BY c.user.name", "excluded"],
      ["SELECT * FROM c ORDER BY c.timestamp, c.n", "composite index"],
      ["SELECT * FROM c ORDER BY c.timestamp DESC, c.id ASC", "composite index"],
      ["SELECT * FROM c ORDER BY c.n + 1", "document path"],
      ["SELECT c.type, COUNT(1) FROM c GROUP BY c.type ORDER BY c.type", "GROUP BY"],
      ["SELECT c.n, COUNT(1) FROM c GROUP BY c.type", "'n'"],
      ["SELECT udf.f(c.n) FROM c", "udf"],
      ["SELECT * FROM c WHERE RegexMatch(c.type, 'a')", "REGEXMATCH"],
      ["SELECT * FROM c WHERE CONTAINS(c.type)", "CONTAINS"],
      ["SELECT 1", "FROM"],
      ["SELECT VALUE x FROM (SELECT VALUE c.n FROM c) AS x", "FROM"],
    ])("%s", async (query, named) => {
      const { code, message } = await refused(query);
      expect(code).toBe(400);
      expect(message).toContain(named);
    });

    test("ORDER BY passes over documents without the path, unless the policy names it", async () => {
      const wildcard = await world.createContainer({});
      const explicit = await world.createContainer({
        indexingPolicy: { includedPaths: [{ path: "/*" }, { path: "/x/?" }] },
      });
      for (const on of [wildcard, explicit]) {
        for (const document of [{ id: "1", x: 2 }, { id: "2" }, { id: "3", x: 1 }])
          await on.items.create({ org_id: "o", ...document });
      }
      const query = "SELECT VALUE c.id FROM c WHERE c.org_id = 'o' ORDER BY c.x";
      expect(await ask(query, {}, wildcard)).toEqual(["3", "1"]);
      expect(await ask(query, {}, explicit)).toEqual(["2", "3", "1"]);
    });
  });
});
