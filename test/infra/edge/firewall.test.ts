import { describe, expect, test } from "vitest";
import { countSigns } from "../../../bench/firewall/count-signs.ts";
import { blocked, type CustomRule, customRules, managedRuleSets, masked } from "../../../infra/edge/firewall-rules.ts";
import { INSPECTED_BYTES, inspect, signsIn } from "../../../infra/edge/inspection.ts";
import { ingestPaths } from "../../../infra/edge/route-patterns.ts";
import { type Route, routes } from "../../../shared/http/routes.ts";

const LIMIT = 500;
const rules = customRules(LIMIT);
const at = (path: string) => `https://events.example.com:443${path}`;
const post = (path: string, count = 1) => inspect(rules, { method: "POST", url: at(path), count });

describe("posting events", () => {
  test.each(["/api/v1/events", "/api/v1/events/", "/api/v1/events?x=<script>", "/v1/batch", "/v1/t?a=b", "/batch/"])(
    "to %s passes without the managed rules",
    (path) => {
      expect(post(path)).toEqual({ answer: "passed", by: "AllowIngest" });
    },
  );

  test("passes where the firewall's address begins with the path", () => {
    expect(inspect(rules, { method: "POST", url: "/api/v1/events" })).toMatchObject({ answer: "passed" });
  });

  test("is blocked from the request on that is over the limit", () => {
    expect(post("/api/v1/events", LIMIT)).toEqual({ answer: "passed", by: "AllowIngest" });
    expect(post("/api/v1/events", LIMIT + 1)).toEqual({ answer: "blocked", by: "LimitIngest" });
  });

  test("would be inspected if no rule of ours were there", () => {
    expect(inspect([], { method: "POST", url: at("/api/v1/events") })).toEqual({ answer: "inspected" });
  });

  test("would never be limited if it were allowed first", () => {
    const swapped = rules.map((rule): CustomRule => ({ ...rule, priority: 1_000 - rule.priority }));
    expect(inspect(swapped, { method: "POST", url: at("/api/v1/events"), count: 1_000_000 })).toMatchObject({
      answer: "passed",
    });
  });
});

describe("everything else is inspected", () => {
  const others = Object.values<Route>(routes).filter(
    ({ method, path }) => method !== "POST" || !ingestPaths.includes(`/${path}`),
  );

  test.each(others.map(({ method, path }) => [method, path] as const))("%s /%s", (method, path) => {
    expect(inspect(rules, { method, url: at(`/${path}`) })).toEqual({ answer: "inspected" });
  });

  test.each([
    "/api/v1/events/../keys",
    "/api/v1/events/%2e%2e/keys",
    "/api/v1/events/x",
    "/api/v1/eventsx",
    "/v1/batch/x",
    "/v1/b.tch",
    "/v1/%2e%2e",
    "/v1/",
    "/api/v1xevents",
    "/x/api/v1/events",
    "/api/v1/keys?return=/api/v1/events",
    "/api/v1/keys#/api/v1/events",
    "/api/v1/keys?https://events.example.com/api/v1/events",
    "//api/v1/events",
  ])("POST %s", (path) => {
    expect(post(path)).toEqual({ answer: "inspected" });
  });

  test("GET of the ingest path", () => {
    expect(inspect(rules, { method: "GET", url: at("/api/v1/events") })).toEqual({ answer: "inspected" });
  });
});

describe("Azure takes the custom rules", () => {
  const conditions = rules.flatMap(({ matchConditions }) => matchConditions);

  test("by their names, priorities and sizes", () => {
    expect(rules.every(({ name }) => /^[A-Za-z][A-Za-z0-9]*$/.test(name))).toBe(true);
    expect(new Set(rules.map(({ priority }) => priority)).size).toBe(rules.length);
    expect(conditions.flatMap(({ matchValue }) => matchValue).filter((value) => value.length > 256)).toEqual([]);
  });

  test("by their expressions: no group that captures, no looking around, no reference back", () => {
    const patterns = conditions.filter(({ operator }) => operator === "RegEx").flatMap(({ matchValue }) => matchValue);
    expect(patterns.filter((pattern) => /\((?!\?:)|\\[1-9]|\\[CRK]/.test(pattern))).toEqual([]);
  });

  test("and the limit is by the connection's address, as configured", () => {
    expect(rules.find(({ ruleType }) => ruleType === "RateLimitRule")).toMatchObject({
      rateLimitThreshold: LIMIT,
      rateLimitDurationInMinutes: 1,
      groupBy: [{ variableName: "SocketAddr" }],
      action: "Block",
    });
  });
});

test("every managed rule stays on, and programs that call the API are not bots to block", () => {
  expect(managedRuleSets.map(({ ruleSetType }) => ruleSetType)).toEqual([
    "Microsoft_DefaultRuleSet",
    "Microsoft_BotManagerRuleSet",
  ]);
  expect(JSON.stringify(managedRuleSets)).not.toMatch(/exclusion|Disabled|"Allow"/i);
  const logged = managedRuleSets.flatMap(({ ruleGroupOverrides = [] }) => ruleGroupOverrides);
  expect(logged.map(({ ruleGroupName }) => ruleGroupName)).toEqual(["UnknownBots"]);
});

test("what is blocked gets 429 and a problem document with a request id, in a size that Azure takes", () => {
  expect(blocked.status).toBe(429);
  expect(blocked.body).toMatchObject({ status: 429, code: "refused_at_the_edge", request_id: "{{azure-ref}}" });
  expect(JSON.stringify(blocked.body).length).toBeLessThan(32_768);
});

test("the firewall's log has nothing of a request but whose it was", () => {
  expect(masked.map(({ matchVariable }) => matchVariable).sort()).toEqual([
    "QueryStringArgNames",
    "RequestBodyJsonArgNames",
    "RequestBodyPostArgNames",
    "RequestCookieNames",
    "RequestHeaderNames",
    "RequestUri",
  ]);
});

describe("events look like attacks", () => {
  test.each([
    ["SQL", "/* History */ fixed the date of the treaty"],
    ["SQL", "the season's last -- see the talk page"],
    ["SQL", "don't insert new rows into the table of results"],
    ["HTML", "a new section with <ref>a source</ref>"],
    ["HTML", "begun with <!-- write below this line -->"],
  ] as const)("like %s: %s", (sign, text) => {
    expect(signsIn({ event_type: "edit", properties: { comment: [text] } })).toContain(sign);
  });

  test("or like none", () => {
    expect(
      signsIn({
        event_type: "edit",
        at: 7,
        properties: { comment: "added a project", page: "Talk:Tilghman", isNew: true },
      }),
    ).toEqual([]);
  });

  test("and one is enough in a request", async () => {
    const edits = Array.from({ length: 100 }, (_, index) => ({ comment: index % 20 === 3 ? "/* History */" : "typo" }));
    const { bySign, ...counted } = await countSigns(asStream(edits), 20);
    expect(counted).toEqual({ events: 100, requests: 5, long: 0 });
    expect(bySign.SQL).toEqual({ events: 5, requests: 5 });
    expect(bySign.HTML).toEqual({ events: 0, requests: 0 });
  });

  test("of a long request the end is not even looked at", async () => {
    const edits = Array.from({ length: 20 }, () => ({ comment: "x".repeat(INSPECTED_BYTES / 10) }));
    expect(await countSigns(asStream(edits), 20)).toMatchObject({ requests: 1, long: 1 });
  });
});

async function* asStream(values: readonly unknown[]): AsyncGenerator<unknown> {
  yield* values;
}
