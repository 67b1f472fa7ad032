import { copyFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { readOperatorKey } from "../../local/launcher/state.ts";
import { usageBetween } from "../../local/launcher/usage/usage-counter.ts";
import { makeFolder, runCommandToEnd } from "../cli/support.ts";
import { type CheckAnswer, createCheckAnswer, type Node } from "../support/contract.ts";
import { startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";
import { unwatched } from "../support/watch-answers.ts";

/* The product as test/fixtures/apps/versions composes it: some routes are to go, and one has a v2 beside its v1. */

/** As the app has it. */
const USE_EVERY_MS = 500;
let running: TestStack;
let check: CheckAnswer;
let contract: Node & { paths: Record<string, Record<string, Node>> };
const root = join(import.meta.dirname, "../..");

beforeAll(async () => {
  const appDir = makeFolder(afterAll);
  copyFileSync(join(root, "host.json"), join(appDir, "host.json"));
  const main = join(root, "test/fixtures/apps/versions/app.ts");
  writeFileSync(join(appDir, "package.json"), JSON.stringify({ type: "module", main }));
  running = await startTestStack({ appDir, clock: true });
  contract = (await (await unwatched(`${running.stack.baseUrl}/api/v1/openapi.json`)).json()) as typeof contract;
  check = createCheckAnswer(contract);
});
afterAll(() => running?.end());

/** Asks, and holds the answer against the contract of this composition: not against the product's. */
async function ask(path: string, init: RequestInit = {}) {
  const response = await unwatched(running.stack.baseUrl + path, { redirect: "manual", ...init });
  const { status, headers } = response;
  const text = await response.text();
  const { method = "GET" } = init;
  const contentType = headers.get("content-type");
  const got = { method, path: path.split("?")[0] ?? "", status, contentType, headers: headers.keys(), text };
  expect(check(got)).toBeUndefined();
  const fields = ["deprecation", "sunset", "link"].map((name) => headers.get(name));
  return { status, headers, fields, body: text.startsWith("{") ? (JSON.parse(text) as Node) : text };
}

const bearer = (key: string) => ({ headers: { authorization: `Bearer ${key}` } });
const said = (name: string): Node => contract.paths["/api/v1/events"]?.[name]?.["x-deprecation"] as Node;
const deprecation = (): string => `@${Date.parse(String(said("get").since)) / 1000}`;
const sunset = (): string => new Date(String(said("get").sunset)).toUTCString();
const link = (rel: string): string => `<https://example.com/to-v2>; rel="${rel}"; type="text/html"`;

async function makeReader() {
  const org = await running.product.makeOrg();
  const event = { event_id: "e/1", event_type: "seen", user_id: "ada" };
  const other = { event_type: "seen", user_id: "ben" };
  const sent = await ask("/api/v1/events", {
    method: "POST",
    ...bearer(org.key),
    body: JSON.stringify([event, other]),
  });
  await org.settled((sent.body as Node).receipt_id);
  return { org, sent, reader: bearer(org.key) };
}

async function readUse(orgId: string): Promise<Record<string, Node>> {
  const { stack } = running;
  const { body } = await ask("/api/v1/operator/versions", bearer(readOperatorKey(stack.stateDir)));
  const { deprecated } = body as { deprecated: { route: string; used_by: { org_id: string | null }[] }[] };
  return Object.fromEntries(
    deprecated.flatMap(({ route, used_by }) =>
      used_by.filter(({ org_id }) => org_id === orgId).map((use) => [route, use as Node]),
    ),
  );
}

it("each answer of a route that is to go says so, refusals too, and no other route's does", async () => {
  const { sent, reader } = await makeReader();
  const links = [link("deprecation"), link("sunset")];
  const list = [...links, '</api/v2/events>; rel="successor-version"'].join(", ");
  const read = "/api/v1/events?user_id=ada";
  expect(await ask(read, reader)).toMatchObject({ status: 200, fields: [deprecation(), sunset(), list] });
  expect(await ask(read, { ...reader, method: "HEAD" })).toMatchObject({ fields: [deprecation(), sunset(), list] });
  for (const [path, status] of [
    ["?limit=0", 400],
    ["?limit=1", 401],
  ] as const)
    expect(await ask(`/api/v1/events${path}`, status === 401 ? {} : reader)).toMatchObject({
      status,
      fields: [deprecation(), sunset(), list],
    });
  const next = expect.stringMatching(/^<\/api\/v1\/events\?limit=1&cursor=\S+>; rel="next", <https:/) as string;
  expect(await ask("/api/v1/events?limit=1", reader)).toMatchObject({
    status: 200,
    fields: [deprecation(), sunset(), next],
  });
  const one = [...links, '</api/v2/events/gone%20%3E>; rel="successor-version"'].join(", ");
  expect(await ask("/api/v1/events/gone%20%3E", reader)).toMatchObject({
    status: 404,
    fields: [deprecation(), sunset(), one],
  });

  const undecided = [deprecation(), null, '</api/docs>; rel="deprecation"; type="text/html"'];
  expect(sent).toMatchObject({ status: 202, fields: undecided });
  const origin = "https://shop.example";
  const page = await ask("/api/v1/events", { method: "POST", headers: { origin }, body: "[]" });
  expect(page).toMatchObject({ status: 401, fields: undecided });
  expect(page.headers.get("access-control-expose-headers")).toContain("Deprecation, Sunset, Link");

  expect(await ask("/api/v1/auth/token", { method: "POST", body: "x" })).toMatchObject({
    status: 400,
    fields: [deprecation(), sunset(), links.join(", ")],
  });
  expect(await ask("/api/v1/auth/login")).toMatchObject({ fields: [deprecation(), sunset(), links.join(", ")] });
  expect(await ask("/api/v1/ledger", reader)).toMatchObject({ status: 200, fields: [null, null, null] });
});

it("a v2 with another shape stands beside v1, over the same use case, with the same events and cursors", async () => {
  const { reader } = await makeReader();
  const v1 = (await ask("/api/v1/events?user_id=ada", reader)).body as { events: Node[] };
  const v2 = await ask("/api/v2/events?user_id=ada", reader);
  const [{ event_id: id, event_type: type, ...rest }] = v1.events as [Node];
  expect(v2).toMatchObject({ status: 200, fields: [null, null, null] });
  expect(v2.body).toEqual({
    request_id: v2.headers.get("x-request-id"),
    ...{ data: [{ id, type, ...rest }], page: { next: null } },
  });
  expect(await ask("/api/v2/events?limit=0", reader)).toMatchObject({
    status: 400,
    body: { code: "invalid_parameter" },
  });
  expect(await ask("/api/v2/events")).toMatchObject({ status: 401, body: { code: "credential_missing" } });
});

it("the contract marks such routes, with their fields on each answer and 410 where the end is known", () => {
  const { get, post } = contract.paths["/api/v1/events"] as Record<string, Node & { responses: Record<string, Node> }>;
  expect([get?.deprecated, post?.deprecated]).toEqual([true, true]);
  expect(contract.paths["/api/v1/ledger"]?.get).not.toHaveProperty("deprecated");
  for (const { headers } of Object.values(get?.responses ?? {}))
    expect(headers).toMatchObject({ deprecation: { example: deprecation() }, sunset: { example: sunset() }, link: {} });
  expect(Object.keys(get?.responses ?? {})).toContain("410");
  expect(Object.keys(post?.responses ?? {})).not.toContain("410");
});

it("the operator reads how much each org uses what, and that costs some writes and none for each request", async () => {
  const { org, reader } = await makeReader();
  const [before, began] = [await running.stack.usage("cosmos"), performance.now()];
  for (const i of Array(30).keys())
    await Promise.all(Array.from({ length: 10 }, (_, k) => ask(`/api/v1/events/none-${i}`, k % 2 === 0 ? reader : {})));
  const counted = await until(async () => {
    const use = await readUse(org.orgId);
    return JSON.stringify(use["read-event"])?.includes('"requests":150') ? use : undefined;
  });
  const today = new Date(running.stack.clock?.now() ?? 0).toISOString();
  expect(counted).toEqual({
    "ingest-events": {
      org_id: org.orgId,
      last_used_on: today.slice(0, 10),
      months: [{ month: today.slice(0, 7), requests: 1 }],
    },
    "read-event": {
      org_id: org.orgId,
      last_used_on: today.slice(0, 10),
      months: [{ month: today.slice(0, 7), requests: 150 }],
    },
  });
  const told = await runCommandToEnd("state", ["--state", running.stack.stateDir]);
  const line = `  ${org.orgId}: last on ${today.slice(0, 10)}, 150 requests in ${today.slice(0, 7)}\n`;
  expect(told).toMatchObject({ code: 0, stderr: "", stdout: expect.stringContaining(line) });
  expect(told.stdout).toMatch(/^GET \/api\/v1\/events\/\{event_id\} goes on \S+; used by$/m);
  const used = usageBetween(before, await running.stack.usage("cosmos"));
  const writes = (used["patch control"] ?? 0) + (used["create control"] ?? 0);
  // Some may be left of the orgs of other tests.
  expect(writes).toBeLessThan((performance.now() - began) / USE_EVERY_MS + 10);
});

it("after its sunset a route is 410 for everyone, with the link, and what is beside it goes on", async () => {
  const { reader } = await makeReader();
  await running.stack.clock?.advance(2 * 3_600_000);
  const gone = await until(async () => {
    const answer = await ask("/api/v1/events?user_id=ada", reader);
    return answer.status === 410 ? answer : undefined;
  });
  expect(gone.fields).toEqual([deprecation(), sunset(), expect.stringContaining(link("sunset"))]);
  expect(gone.headers.get("content-type")).toBe("application/problem+json");
  expect(gone.body).toMatchObject({
    ...{ code: "version_gone", status: 410, migration: "https://example.com/to-v2", successor: "/api/v2/events" },
    ended_at: new Date(sunset()).toISOString(),
  });
  expect(await ask("/api/v1/events/e")).toMatchObject({ status: 410, body: { code: "version_gone" } });
  expect(await ask("/api/v1/auth/token", { method: "POST", body: "x" })).toMatchObject({
    status: 410,
    body: { error: "invalid_request", code: "version_gone" },
    fields: [deprecation(), sunset(), expect.stringContaining(link("sunset"))],
  });
  expect(await ask("/api/v1/auth/login")).toMatchObject({ status: 410, body: expect.stringContaining("has ended") });
  expect(await ask("/api/v2/events?user_id=ada", reader)).toMatchObject({
    status: 200,
    body: { data: [{ id: "e/1" }] },
  });
  const sent = await ask("/api/v1/events", { method: "POST", ...reader, body: '{"event_type":"seen"}' });
  expect(sent.status).toBe(202);
});
