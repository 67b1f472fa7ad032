import { describe, expect, it } from "vitest";
import { type Route, routes } from "../../shared/http/routes.ts";
import { makeOrg, product } from "../support/product.ts";

const all = Object.entries<Route>(routes);
const at = (path: string) => `${product.baseUrl}/${path.replace("{call}", "track").replaceAll(/\{\w+\}/g, "x")}`;
const from = { origin: "https://evil.example" };
const ask = ({ method, path }: Route, headers: Record<string, string> = {}) =>
  fetch(at(path), {
    method,
    redirect: "manual",
    headers: { ...from, ...headers },
    // A body that is not a valid one, where a body is read.
    ...(method === "GET" || method === "DELETE" ? undefined : { body: "{" }),
  });

describe("every route", () => {
  it("has a challenge in each 401, and no cache keeps its answer, except the key set, the contract and settings of SDKs", async () => {
    for (const [name, route] of all) {
      const answer = await ask(route);
      const challenge = answer.headers.get("www-authenticate");
      if (answer.status === 401) expect(challenge, name).toMatch(/^(Bearer|Basic) realm="headrace"/);
      else expect(challenge, name).toBeNull();
      if (route.access !== "anyone") expect([answer.status, challenge]).toEqual([401, 'Bearer realm="headrace"']);
      const kept = answer.headers.get("cache-control");
      expect(kept, name).toMatch(
        /key-set$|^read-contract$|^segment-settings$|-config(?:-script)?$/.test(name)
          ? /^public, max-age=\d+$/
          : /^no-store$/,
      );
      expect(answer.headers.get("x-request-id"), name).toMatch(/^[0-9a-f-]{36}$/);
    }
  });

  it("names the missing scope to a caller who has none of it", async () => {
    const { key } = await makeOrg(["subjects:erase"]);
    for (const [name, route] of all.filter(([, { access }]) => access !== "anyone")) {
      const answer = await ask(route, { authorization: `Bearer ${key}` });
      const challenge = `Bearer realm="headrace", error="insufficient_scope", scope="${route.access}"`;
      expect([answer.status, answer.headers.get("www-authenticate")], name).toEqual([403, challenge]);
    }
  });

  it("gives another origin leave to read its answer only where events are written", async () => {
    for (const [name, route] of all) {
      const { headers } = await ask(route);
      const allowed = [...headers.keys()].filter((header) => header.startsWith("access-control-"));
      expect(allowed.length > 0, name).toBe(route.cors !== undefined);
      const cookies = headers.get("access-control-allow-credentials");
      expect(cookies, name).toBe(route.cors === "credentialed" ? "true" : null);
    }
  });

  it("takes a token from the Authorization header alone: not from the address, a form or a cookie", async () => {
    const { key } = await makeOrg();
    const form = { "content-type": "application/x-www-form-urlencoded" };
    const answers = [
      await fetch(at(`api/v1/events?access_token=${key}`)),
      await fetch(at("api/v1/events"), { headers: { cookie: `access_token=${key}` } }),
      await fetch(at("api/v1/events"), { method: "POST", headers: form, body: `access_token=${key}` }),
    ];
    for (const answer of answers) {
      expect([answer.status, answer.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="headrace"']);
      expect(await answer.text()).not.toContain(key);
    }
  });
});

describe("every page", () => {
  it("cannot be framed, and tells no other site where it is", async () => {
    const pages = all.filter(([, { errors, method }]) => errors === "page" && method === "GET");
    expect(pages.length).toBeGreaterThan(3);
    for (const [name, route] of pages) {
      const answer = await ask(route);
      expect(answer.headers.get("referrer-policy"), name).toBe("same-origin");
      if (answer.status === 303) continue;
      const policy = answer.headers.get("content-security-policy")?.split("; ");
      expect(policy, name).toEqual(expect.arrayContaining(["default-src 'none'", "frame-ancestors 'none'"]));
      expect(answer.headers.get("content-type"), name).toBe("text/html; charset=utf-8");
      expect(await answer.text(), name).not.toContain("postMessage");
    }
  });
});

describe("header text that is not ASCII, such as a cookie of another app on the same domain", () => {
  /** Node writes headers as Latin-1: a character for each byte of UTF-8. */
  const utf8 = (text: string): string => Buffer.from(text).toString("latin1");

  it("gets the same answer from every route as without it, and never a 500", async () => {
    for (const [name, route] of all) {
      const [without, answer] = [
        await ask(route),
        await ask(route, { cookie: utf8("other=日本 – “x”"), "x-a": utf8("é") }),
      ];
      expect(answer.status, name).toBe(without.status);
      expect(answer.headers.get("x-request-id"), name).toMatch(/^[0-9a-f-]{36}$/);
    }
  });
});

describe("the longest request that a caller has reason to make", () => {
  it("fits the host's request line: names and ids of full length, and a cursor", async () => {
    const org = await makeOrg();
    const [event_type, user_id] = ["語".repeat(200), "語".repeat(255)];
    const events = ["1", "2"].map((n) => ({ event_id: `${"語".repeat(254)}${n}`, event_type, user_id }));
    await org.settled((await org.post(events)).body.receipt_id);
    const query = { event_type, user_id, limit: "1", from: "2026-01-01T00:00:00.000Z", to: "2027-01-01T00:00:00.000Z" };
    const first = await org.get(`/api/v1/events?${new URLSearchParams(query)}`);
    expect(first.body).toMatchObject({ next_cursor: expect.any(String) as string });
    const next = await org.get(
      `/api/v1/events?${new URLSearchParams({ ...query, cursor: String(first.body.next_cursor) })}`,
    );
    expect([next.status, (next.body.events as unknown[]).length]).toEqual([200, 1]);
    expect((await org.get(`/api/v1/events/${encodeURIComponent(events[0]?.event_id ?? "")}`)).status).toBe(200);
  });
});
