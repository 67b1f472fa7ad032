import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createClient } from "../../sdk/src/index.ts";
import { openShop, type Shop } from "../sdk/shop.ts";
import { openClient } from "../sdk/support.ts";
import { type Json, makeOrg, product, request, until } from "../support/product.ts";

const endpoint = product.baseUrl;
const storedOf = async (org: { get(path: string): Promise<{ body: Json }> }, type: string): Promise<Json[]> =>
  (await org.get(`/api/v1/events?limit=1000&event_type=${type}`)).body.events as Json[];

describe("the SDK before a running product", () => {
  it("an event is stored as it was tracked, and its receipt says so", async () => {
    const org = await makeOrg();
    const { client, tell } = openClient({ endpoint, key: org.key, context: { app: "shop" } });
    const given = { total: 12.5, at: new Date(0), big: 608548899684111178n, tags: new Set(["a"]) };
    const { eventId } = await client.track("order_paid", given, { userId: "ada", schemaVersion: 2 });
    expect(await client.flush()).toEqual({ pending: 0 });
    const [accepted] = tell("accepted");
    const receiptId = String(accepted?.receiptId);
    await org.settled(receiptId);
    expect(await client.receipt(receiptId)).toMatchObject({ status: "settled", accepted: 1, stored: 1 });
    expect((await org.get(`/api/v1/events/${eventId}`)).body.event).toMatchObject({
      ...{ event_id: eventId, event_type: "order_paid", user_id: "ada", schema_version: 2 },
      properties: { total: 12.5, at: "1970-01-01T00:00:00.000Z", big: "608548899684111178", tags: ["a"] },
      context: { app: "shop", library: { name: "@headrace/sdk" } },
    });
  });

  it("identify, page, group and alias are stored", async () => {
    const org = await makeOrg();
    const { client } = openClient({ endpoint, key: org.key });
    void client.identify("ada", { plan: "pro" });
    void client.page("home", { path: "/" });
    void client.group("acme", { size: 3 });
    void client.alias("ada", "visitor-1");
    await client.close();
    for (const type of ["identify", "page_view", "group", "alias"])
      await until(async () => ((await storedOf(org, type)).length === 1 ? true : undefined));
  });

  it("an event that is not valid is told as quarantined with the place, and stored is what is beside it", async () => {
    const org = await makeOrg();
    const { client, tell } = openClient({ endpoint, key: org.key });
    const good = await client.track("seen");
    const bad = await client.track("seen", {}, { userId: " ada" });
    await client.flush();
    expect(tell("accepted")).toMatchObject([{ eventIds: [good.eventId] }]);
    expect(tell("quarantined")).toMatchObject([
      {
        eventId: bad.eventId,
        code: "invalid_value",
        path: "events[1].user_id",
        message: expect.stringContaining("starts or ends with space"),
      },
    ]);
    const alone = await client.track("", {});
    await client.flush();
    expect(tell("dropped")).toMatchObject([{ eventIds: [alone.eventId], code: "invalid_value" }]);
  });

  it("the same id is stored once, by two clients too", async () => {
    const org = await makeOrg();
    for (const _ of ["one", "two"]) {
      const { client } = openClient({ endpoint, key: org.key });
      void client.track("seen", {}, { eventId: "e-1" });
      expect(await client.close()).toEqual({ pending: 0 });
    }
    await until(async () => ((await org.get("/api/v1/ledger")).body.totals as Json).settled === 2 || undefined);
    expect(await storedOf(org, "seen")).toHaveLength(1);
  });

  it("an event over the API's limit is told with the reason, and the others are taken", async () => {
    const org = await makeOrg();
    const { client, tell } = openClient({ endpoint, key: org.key });
    const noise = (bytes: number) => ({
      text: Array.from({ length: bytes / 16 }, () => `${Math.random()}`.slice(2, 18)).join(""),
    });
    const large = await client.track("seen", noise(300_000));
    const good = await client.track("seen");
    await client.flush();
    expect(tell("dropped")).toMatchObject([{ eventIds: [large.eventId], code: "too_large" }]);
    expect(tell("accepted").flatMap(({ eventIds }) => eventIds)).toEqual([good.eventId]);
  });

  it.each([
    ["one that nobody knows", "hr_acme_0123456789ab_nonsense", "credential_malformed"],
    ["one that only reads", "reads", "scope_missing"],
    ["a publishable one outside of its pages", "publishable", "origin_refused"],
  ])("a wrong key is told once with what to do: %s", async (_, which, code) => {
    const org = await makeOrg(which === "reads" ? ["events:read"] : ["events:write", "keys:manage"]);
    const made = async (): Promise<string> => {
      const body = JSON.stringify({ name: "p", scopes: ["events:write"], origins: ["https://shop.example"] });
      const headers = { authorization: `Bearer ${org.key}` };
      return String((await request("/api/v1/keys", { method: "POST", headers, body })).body.key);
    };
    const key = which === "reads" ? org.key : which === "publishable" ? await made() : which;
    const { client, tell } = openClient({ endpoint, key });
    await client.track("seen");
    expect(await client.flush()).toEqual({ pending: 1 });
    expect(tell("blocked")).toMatchObject([{ code, fix: expect.stringMatching(/.{20}/) }]);
    expect(tell("dropped")).toEqual([]);
  });

  it("tokens of the API are taken, and a revoked one is replaced", async () => {
    const org = await makeOrg();
    const given: string[] = [];
    const getToken = async () => {
      const body = new URLSearchParams({ grant_type: "client_credentials", client_secret: org.key });
      const { body: token } = await request("/api/v1/auth/token", { method: "POST", body });
      given.push(String(token.access_token));
      return { token: String(token.access_token), expiresIn: Number(token.expires_in) };
    };
    const client = createClient({ endpoint, getToken });
    void client.track("seen");
    expect(await client.flush()).toEqual({ pending: 0 });
    const { jti } = JSON.parse(Buffer.from(String(given[0]?.split(".")[1]), "base64url").toString()) as { jti: string };
    const headers = { authorization: `Bearer ${given[0]}` };
    await request(`/api/v1/tokens/${jti}`, { method: "DELETE", headers: { authorization: `Bearer ${org.key}` } });
    const isRevoked = async () => (await request("/api/v1/ledger", { headers })).status === 401 || undefined;
    if (given.length === 1) await until(isRevoked);
    void client.track("seen");
    expect([await client.close(), given.length]).toEqual([{ pending: 0 }, 2]);
  });

  it("a receipt that is not there rejects with the API's code and what to do", async () => {
    const org = await makeOrg();
    const { client } = openClient({ endpoint, key: org.key });
    await expect(client.receipt("nonsense")).rejects.toMatchObject({
      code: "receipt_not_found",
      fix: expect.any(String),
    });
  });
});

describe("the SDK in a page of Chromium", () => {
  let shop: Shop;
  let org: Awaited<ReturnType<typeof makeOrg>>;
  let key: string;
  beforeAll(async () => {
    [shop, org] = await Promise.all([openShop(), makeOrg(["events:write", "events:read", "keys:manage"])]);
    const body = JSON.stringify({ name: "p", scopes: ["events:write"], origins: [shop.origin] });
    const headers = { authorization: `Bearer ${org.key}` };
    key = String((await request("/api/v1/keys", { method: "POST", headers, body })).body.key);
  });
  afterAll(() => shop?.close());

  /** Runs `code` in a page with a client, and leaves it for another. Gives the methods of the requests. */
  async function visit(code: string): Promise<string[]> {
    const page = await shop.visit("/cart?x=1");
    const methods: string[] = [];
    page.on("request", (sent) => void (sent.url().includes("/api/v1/events") && methods.push(sent.method())));
    const client = `headrace.createClient({ endpoint: ${JSON.stringify(endpoint)}, key: ${JSON.stringify(key)}, flushIntervalMs: 60000 })`;
    await page.evaluate(`(async () => { const client = ${client}; ${code} })()`);
    await page.goto("about:blank");
    await page.close();
    return methods;
  }

  it("events are taken without a preflight, packed ones too, and a page is described", async () => {
    const methods = await visit(`
      client.page();
      for (let i = 0; i < 200; i++) client.track("many", { i });
      const { pending } = await client.flush();
      if (pending !== 0) throw new Error("pending: " + pending);`);
    expect(methods).toEqual(["POST"]);
    await until(async () => ((await storedOf(org, "many")).length === 200 ? true : undefined));
    const [view] = await until(async () =>
      (await storedOf(org, "page_view")).length > 0 ? storedOf(org, "page_view") : undefined,
    );
    expect(view?.properties).toMatchObject({ url: `${shop.origin}/cart?x=1`, path: "/cart", title: "a shop" });
  });

  it("what waits when a page is left is sent, up to what browsers allow, and once", async () => {
    await visit(
      `client.identify("ada"); for (let i = 0; i < 100; i++) client.track("left", { i, text: "x".repeat(200) });`,
    );
    await until(async () => ((await storedOf(org, "left")).length === 100 ? true : undefined));
    const found = await storedOf(org, "left");
    expect(found.map(({ user_id }) => user_id)).toEqual(Array(100).fill("ada"));
    const { totals } = (await org.get("/api/v1/ledger")).body as { totals: Json };
    expect(totals.duplicate).toBe(0);
  });

  it("a secret key is refused there", async () => {
    const page = await shop.visit();
    const code = `headrace.createClient({ endpoint: ${JSON.stringify(endpoint)}, key: "hr_acme_secret" })`;
    await expect(page.evaluate(code)).rejects.toThrow("publishable key");
    await page.close();
  });
});
