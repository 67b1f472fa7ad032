import type { Container, PatchOperation } from "@azure/cosmos";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { hierarchical, refusal, startWorld, type World, withoutSystem } from "./support.ts";

let world: World;
let container: Container;

beforeAll(async () => {
  world = await startWorld();
  container = await world.createContainer({});
});
afterAll(() => world.close());

const event = (id: string, more: object = {}) => ({ id, org_id: "acme", ...more });
const at = (id: string, on = container) => on.item(id, ["acme", id]);

describe("a document", () => {
  test("is created once, read, replaced, upserted and deleted", async () => {
    const created = await container.items.create(event("a", { n: 1 }));
    expect(created.statusCode).toBe(201);
    expect(created.resource).toMatchObject({ n: 1, _ts: world.clock.now / 1000, _attachments: "attachments/" });
    expect(created.etag).toBe(created.resource?._etag);
    expect(await refusal(container.items.create(event("a")))).toMatchObject({ code: 409 });

    expect((await at("a").replace(event("a", { n: 2 }))).resource).toMatchObject({ n: 2 });
    expect((await container.items.upsert(event("a", { n: 3 }))).statusCode).toBe(200);
    expect((await container.items.upsert(event("a2", { n: 3 }))).statusCode).toBe(201);
    expect(withoutSystem((await at("a").read()).resource)).toEqual(event("a", { n: 3 }));

    expect((await at("a").delete()).statusCode).toBe(204);
    expect((await at("a").read()).statusCode).toBe(404);
    expect(await refusal(at("a").delete())).toMatchObject({ code: 404 });
    expect(await refusal(at("a").replace(event("a")))).toMatchObject({ code: 404 });
  });

  test.each(["a?b", "?"])(
    "may have the id '%s', which the SDK puts into no path: it is found by a query",
    async (id) => {
      expect((await container.items.create(event(id))).statusCode).toBe(201);
      const query = { query: "SELECT VALUE c.id FROM c WHERE c.id = @id", parameters: [{ name: "@id", value: id }] };
      expect((await container.items.query(query).fetchAll()).resources).toEqual([id]);
    },
  );

  test.each(["spaces  ", "a b%2F+"])("may have the id '%s': made, read, replaced and deleted", async (id) => {
    expect((await container.items.create(event(id, { n: 1 }))).statusCode).toBe(201);
    expect((await at(id).read()).resource).toMatchObject({ id, n: 1 });
    expect((await at(id).replace(event(id, { n: 2 }))).statusCode).toBe(200);
    expect((await at(id).delete()).statusCode).toBe(204);
  });

  test.each([".", ".."])("has no id '%s', which no path can carry: 400, whoever asks", async (id) => {
    expect(await refusal(container.items.create(event(id)))).toMatchObject({ code: 400 });
    for (const work of [at(id).read(), at(id).replace(event("x")), at(id).delete()])
      expect(await refusal(work)).toMatchObject({ code: 400, message: expect.stringContaining("fold them out") });
    expect((await container.read()).statusCode).toBe(200);
  });

  test("is not deleted with its partition: 501, and not a wrong signature", async () => {
    expect(await refusal(container.deleteAllItemsForPartitionKey(["acme", "a"]))).toMatchObject({ code: 501 });
  });

  test("keeps every kind of JSON as it was", async () => {
    const odd = {
      text: 'é\u0000"\\\u2028😀',
      deep: { a: [1, [null], {}], "x/y": 1e300 },
      no: null,
      zero: 0,
      constructor: false,
    };
    await container.items.create(event("odd", odd));
    expect(withoutSystem((await at("odd").read()).resource)).toEqual(event("odd", odd));
  });

  test("changes only for a caller who has seen the last change", async () => {
    const { etag } = await container.items.create(event("e", { n: 1 }));
    const ifMatch = (condition: string) => ({ accessCondition: { type: "IfMatch", condition } });
    const second = await at("e").replace(event("e", { n: 2 }), ifMatch(etag));
    expect(second.etag).not.toBe(etag);
    expect(await refusal(at("e").replace(event("e"), ifMatch(etag)))).toMatchObject({ code: 412 });
    expect(await refusal(container.items.upsert(event("e"), ifMatch(etag)))).toMatchObject({ code: 412 });
    expect(await refusal(at("e").patch([{ op: "set", path: "/n", value: 9 }], ifMatch(etag)))).toMatchObject({
      code: 412,
    });
    expect(await refusal(at("e").delete(ifMatch(etag)))).toMatchObject({ code: 412 });
    const unchanged = await at("e").read({ accessCondition: { type: "IfNoneMatch", condition: second.etag } });
    expect(unchanged.statusCode).toBe(304);
    expect((await at("e").delete(ifMatch(second.etag))).statusCode).toBe(204);
  });

  test("is found only under its whole partition key", async () => {
    await container.items.create(event("mine"));
    expect((await container.item("mine", ["other", "mine"]).read()).statusCode).toBe(404);
    expect(await refusal(container.item("mine", ["acme"]).read())).toMatchObject({ code: 400, substatus: 1001 });
    expect(await refusal(container.item("mine", "acme").read())).toMatchObject({ code: 400 });
    expect(await refusal(container.item("mine", ["other", "mine"]).replace(event("mine")))).toMatchObject({
      code: 404,
    });
    await container.items.create({ id: "mine", org_id: "other" });
    const moved = container.item("mine", ["other", "mine"]).replace(event("mine"));
    expect(await refusal(moved)).toMatchObject({ code: 400, substatus: 1001 });
  });

  test.each([["a/b"], ["a\\b"], ["a#b"], ["x".repeat(1024)], ["é".repeat(512)]])(
    "is refused under the id %j",
    async (id) => {
      // In a bulk request, because the SDK looks at ids of others itself.
      const [result] = await container.items.bulk([
        { operationType: "Create", resourceBody: event(id), partitionKey: ["acme", id] },
      ]);
      expect(result?.statusCode).toBe(400);
    },
  );

  test("takes ids up to the limit, and any other character", async () => {
    for (const id of ["x".repeat(1023), "a b%20c+d&e=f", "日本😀", "a:b;c,d|e", "..%2f"]) {
      await container.items.create(event(id));
      expect((await at(id).read()).resource?.id).toBe(id);
    }
  });

  test("of more than 2 MB is refused", async () => {
    const large = container.items.create(event("large", { text: "x".repeat(2 * 1024 * 1024) }));
    expect(await refusal(large)).toMatchObject({ code: 413 });
    const fits = await container.items.create(event("fits", { text: "x".repeat(2 * 1024 * 1024 - 1000) }));
    expect(fits.statusCode).toBe(201);
  });

  test("costs the request units written on the answer", async () => {
    const { requestCharge } = await container.items.create(event("charged", { text: "x".repeat(3000) }));
    expect(requestCharge).toBeGreaterThan(6);
    const read = await at("charged").read();
    expect(read.requestCharge).toBeCloseTo(1.1);
    expect(read.activityId).toMatch(/^[0-9a-f-]{36}$/);
    expect(read.headers["x-ms-session-token"]).toBeTruthy();
  });
});

describe("a patch", () => {
  const patched = async (id: string, document: object, operations: Parameters<ReturnType<typeof at>["patch"]>[0]) => {
    await container.items.create(event(id, document));
    return withoutSystem((await at(id).patch(operations)).resource);
  };

  test("sets, adds, replaces, removes, increments and moves", async () => {
    const result = await patched("p1", { a: { b: 1 }, list: [1, 3], gone: true, from: "x" }, [
      { op: "set", path: "/a/c", value: { deep: true } },
      { op: "add", path: "/list/1", value: 2 },
      { op: "add", path: "/list/-", value: 4 },
      { op: "replace", path: "/a/b", value: "new" },
      { op: "remove", path: "/gone" },
      { op: "incr", path: "/count", value: 5 },
      { op: "incr", path: "/count", value: -2 },
      // The types of the SDK do not know it, the service does.
      { op: "move", from: "/from", path: "/to" } as unknown as PatchOperation,
    ]);
    expect(result).toEqual(event("p1", { a: { b: "new", c: { deep: true } }, list: [1, 2, 3, 4], count: 3, to: "x" }));
  });

  test("is applied only under its condition", async () => {
    await container.items.create(event("p2", { n: 1 }));
    const patch = (condition: string) =>
      at("p2").patch({ condition, operations: [{ op: "incr", path: "/n", value: 1 }] });
    expect((await patch("FROM c WHERE c.n = 1")).resource?.n).toBe(2);
    expect(await refusal(patch("from c where c.n = 1"))).toMatchObject({ code: 412 });
    expect(await refusal(patch("FROM c WHERE c.n ="))).toMatchObject({ code: 400 });
  });

  test.each([
    ["a missing target", [{ op: "replace" as const, path: "/none", value: 1 }]],
    ["a missing parent", [{ op: "add" as const, path: "/none/x", value: 1 }]],
    ["a text to increment", [{ op: "incr" as const, path: "/text", value: 1 }]],
    ["the id", [{ op: "set" as const, path: "/id", value: "other" }]],
    ["the partition key", [{ op: "set" as const, path: "/org_id", value: "other" }]],
    ["more than ten operations", Array.from({ length: 11 }, () => ({ op: "incr" as const, path: "/n", value: 1 }))],
  ])("of %s is refused and changes nothing", async (name, operations) => {
    const id = `p-${name}`;
    await container.items.create(event(id, { text: "t" }));
    expect(await refusal(at(id).patch(operations))).toMatchObject({ code: 400 });
    expect(withoutSystem((await at(id).read()).resource)).toEqual(event(id, { text: "t" }));
  });
});

describe("time to live", () => {
  test("hides expired documents from reads, queries and creates", async () => {
    const expiring = await world.createContainer({ defaultTtl: 60 });
    await expiring.items.create(event("default"));
    await expiring.items.create(event("own", { ttl: 100 }));
    await expiring.items.create(event("never", { ttl: -1 }));
    const ids = async () => (await expiring.items.query("SELECT VALUE c.id FROM c").fetchAll()).resources.sort();

    world.clock.now += 59_000;
    expect(await ids()).toEqual(["default", "never", "own"]);
    world.clock.now += 1_000;
    expect(await ids()).toEqual(["never", "own"]);
    expect((await at("default", expiring).read()).statusCode).toBe(404);
    expect(await refusal(at("default", expiring).patch([{ op: "set", path: "/x", value: 1 }]))).toMatchObject({
      code: 404,
    });
    expect((await expiring.items.create(event("default", { again: true }))).statusCode).toBe(201);
    expect(await refusal(expiring.items.create(event("own")))).toMatchObject({ code: 409 });

    // A write begins the time anew.
    await expiring.items.upsert(event("own", { ttl: 100 }));
    world.clock.now += 99_000;
    expect(await ids()).toEqual(["never", "own"]);
  });

  test("is off unless the container has it on, and follows the container", async () => {
    const off = await world.createContainer({});
    await off.items.create(event("kept", { ttl: 1 }));
    world.clock.now += 5_000;
    expect((await at("kept", off).read()).statusCode).toBe(200);
    await off.replace({ id: off.id, partitionKey: hierarchical("/org_id", "/id"), defaultTtl: -1 });
    expect((await at("kept", off).read()).statusCode).toBe(404);
  });

  test.each([[0], [1.5], ["60"], [-2]])("is not %j", async (ttl) => {
    expect(await refusal(container.items.create(event("bad-ttl", { ttl })))).toMatchObject({ code: 400 });
  });
});
