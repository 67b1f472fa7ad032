import { expect, it } from "vitest";
import { answerJson, eventually, serveStub } from "../cli/support.ts";
import { openClient, readSent, take } from "./support.ts";

/** Takes everything. */
const serve = () => serveStub(({ body }, response) => answerJson(response, 202, take(body)));
const idsIn = (body: Buffer): string[] => readSent(body).events.map(({ event_id }) => event_id);

it("an event goes out with an id, a time, who it is of, and the SDK's name and version beside the batch", async () => {
  const server = await serve();
  const { client, tell } = openClient({ endpoint: `${server.url}/`, userId: "ada", context: { app: "shop" } });
  const { eventId, kept } = await client.track("order_paid", { total: 12.5 }, { sessionId: "s1", schemaVersion: 2 });
  expect(await client.flush()).toEqual({ pending: 0 });
  const [{ path, headers, body }] = server.requests as [(typeof server.requests)[0]];
  expect([path, headers.authorization, kept]).toEqual(["/api/v1/events", "Bearer hr_acme_stub", "memory"]);
  expect(readSent(body)).toEqual({
    events: [
      {
        ...{ event_id: eventId, event_type: "order_paid", timestamp: expect.stringMatching(/^20.*Z$/) },
        ...{ user_id: "ada", session_id: "s1", schema_version: 2, properties: { total: 12.5 } },
      },
    ],
    sent_at: expect.stringMatching(/^20.*Z$/),
    context: { app: "shop", library: { name: "@headrace/sdk", version: "1.0.0" } },
  });
  expect(eventId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(tell("accepted")).toEqual([{ eventIds: [eventId], receiptId: "r" }]);
  expect(tell("request")).toEqual([{ events: 1, bytes: body.length, status: 202, ms: expect.any(Number) }]);
});

it("identify, page, group and alias are events of the platform's types", async () => {
  const server = await serve();
  const { client } = openClient({ endpoint: server.url });
  void client.identify("ada", { plan: "pro" });
  void client.page("home", { path: "/" });
  void client.group("acme", { size: 3 });
  void client.alias("ada", "visitor-1");
  await client.flush();
  expect(readSent(server.requests[0]?.body ?? Buffer.of()).events).toMatchObject([
    { event_type: "identify", user_id: "ada", properties: { plan: "pro" } },
    { event_type: "page_view", properties: { name: "home", path: "/" } },
    { event_type: "group", properties: { group_id: "acme", size: 3 } },
    { event_type: "alias", user_id: "ada", properties: { previous_id: "visitor-1" } },
  ]);
});

it("events go together by count, by bytes and after a time, each once and in their order", async () => {
  const server = await serve();
  const { client } = openClient({ endpoint: server.url, maxBatchEvents: 3, maxBatchBytes: 1000 });
  const ids: string[] = [];
  for (const text of ["a", "b", "c", "d", "x".repeat(600), "y".repeat(600), "z".repeat(3000)])
    ids.push((await client.track("seen", { text })).eventId);
  await eventually(() => server.requests.flatMap(({ body }) => idsIn(body)).length === ids.length, "all are sent");
  expect(server.requests.flatMap(({ body }) => idsIn(body))).toEqual(ids);
  for (const { body } of server.requests) {
    expect(idsIn(body).length).toBeLessThanOrEqual(3);
    if (idsIn(body).length > 1) expect(JSON.stringify(readSent(body).events).length).toBeLessThan(1100);
  }
});

it("a large body is gzip, with its length, and a small one is not", async () => {
  const server = await serve();
  const { client } = openClient({ endpoint: server.url });
  void client.track("small");
  await client.flush();
  for (let i = 0; i < 50; i++) void client.track("large", { i });
  await client.flush();
  expect(server.requests.map(({ headers }) => headers["content-encoding"])).toEqual([undefined, "gzip"]);
  for (const { headers, body } of server.requests) expect(headers["content-length"]).toBe(String(body.length));
});

it("with a publishable key nothing is sent that needs a preflight: no header is the SDK's, and the key is in the query", async () => {
  const server = await serve();
  const { client } = openClient({ endpoint: server.url, key: "hrp_acme_stub" });
  for (let i = 0; i < 50; i++) void client.track("seen", { i });
  await client.flush();
  const [{ path, headers, body }] = server.requests as [(typeof server.requests)[0]];
  expect([path, headers["content-encoding"], headers.authorization]).toEqual([
    ...["/api/v1/events?key=hrp_acme_stub", undefined, undefined],
  ]);
  expect(headers["content-type"]).toBeUndefined();
  expect(idsIn(body)).toHaveLength(50);
});

it("a batch is sent again with the same ids and a new `sent_at`, until it is taken", async () => {
  const server = await serveStub(({ body }, response, count) => {
    if (count === 1) response.destroy();
    else if (count === 2) answerJson(response, 503, { code: "busy", detail: "busy" });
    else answerJson(response, 202, take(body));
  });
  const { client, tell } = openClient({ endpoint: server.url });
  const { eventId } = await client.track("seen");
  expect(await client.flush()).toEqual({ pending: 0 });
  expect(server.requests.map(({ body }) => idsIn(body))).toEqual([[eventId], [eventId], [eventId]]);
  const times = server.requests.map(({ body }) => readSent(body).sent_at);
  expect([...times].sort()).toEqual(times);
  expect(tell("retry")).toMatchObject([
    { eventIds: [eventId], attempt: 1, code: "no_answer" },
    { eventIds: [eventId], attempt: 2, code: "busy" },
  ]);
});

it("`Retry-After` is waited for, in seconds or as a date, and an absurd one is not believed", async () => {
  const at = new Date(Date.now() + 2500).toUTCString();
  const server = await serveStub(({ body }, response, count) => {
    const after = ["1", at, "-5"][count - 1];
    if (after) answerJson(response, 429, { code: "busy" }, { "retry-after": after });
    else answerJson(response, 202, take(body));
  });
  const { client, tell } = openClient({ endpoint: server.url });
  await client.track("seen");
  expect(await client.flush()).toEqual({ pending: 0 });
  const [first, second, third] = tell("retry").map(({ delayMs }) => Number(delayMs));
  expect(first).toBeGreaterThanOrEqual(1000);
  expect(first).toBeLessThan(1100);
  expect(second).toBeLessThan(2600);
  expect(third).toBeLessThan(100);
  const [one, two] = server.requests.map((request) => request.at);
  expect(Number(two) - Number(one)).toBeGreaterThan(950);
});

it("pauses have full jitter: anything up to a bound that doubles, and no more than the longest", async () => {
  const server = await serveStub((_, response) => response.writeHead(503).end());
  const { client, tell } = openClient({ endpoint: server.url, maxPauseMs: 8 });
  await client.track("seen");
  await eventually(() => tell("retry").length >= 40, "many tries");
  const delays = tell("retry").map(({ delayMs }) => Number(delayMs));
  expect(Math.max(...delays)).toBeLessThanOrEqual(8);
  expect(new Set(delays).size).toBeGreaterThan(30);
  expect(Math.min(...delays)).toBeLessThan(2);
});

it("after a 413, from whomever, a batch goes in halves; an event that is too large alone is dropped, its neighbours are not", async () => {
  const server = await serveStub(({ body }, response) => {
    const { events } = readSent(body);
    if (JSON.stringify(events).length > 2000) response.writeHead(413).end("<html>too large</html>");
    else answerJson(response, 202, take(body));
  });
  const { client, tell } = openClient({ endpoint: server.url });
  const ids: string[] = [];
  for (let i = 0; i < 9; i++)
    ids.push((await client.track("seen", { text: "x".repeat(i === 4 ? 3000 : 100) })).eventId);
  expect(await client.flush()).toEqual({ pending: 0 });
  expect(tell("dropped")).toEqual([{ eventIds: [ids[4]], code: "http_413", message: "the answer is 413" }]);
  expect(tell("accepted").flatMap(({ eventIds }) => eventIds)).toEqual(ids.filter((_, i) => i !== 4));
});

it("a full queue drops the new event and says so, and keeps what it has", async () => {
  const { createMemoryQueue } = await import("../../sdk/src/index.ts");
  const server = await serve();
  const queue = createMemoryQueue({ maxEvents: 2 });
  const { client, tell } = openClient({ endpoint: server.url, queue, flushIntervalMs: 60_000 });
  const tracked = [await client.track("a"), await client.track("b"), await client.track("c")];
  expect(tracked.map(({ kept }) => kept)).toEqual(["memory", "memory", false]);
  expect(tell("dropped")).toMatchObject([{ eventIds: [tracked[2]?.eventId], code: "queue_full" }]);
  expect(await client.flush()).toEqual({ pending: 0 });
  expect(readSent(server.requests[0]?.body ?? Buffer.of()).events.map(({ event_type }) => event_type)).toEqual([
    "a",
    "b",
  ]);
  expect((await client.track("d")).kept).toBe("memory");
});

it("`flush` waits for every answer, and a signal ends the waiting and not the sending", async () => {
  let open = false;
  const server = await serveStub(({ body }, response) =>
    open ? answerJson(response, 202, take(body)) : response.writeHead(503).end(),
  );
  const { client } = openClient({ endpoint: server.url });
  await client.track("seen");
  expect(await client.flush({ signal: AbortSignal.timeout(60) })).toEqual({ pending: 1 });
  expect(await client.flush({ signal: AbortSignal.abort() })).toEqual({ pending: 1 });
  open = true;
  expect(await client.flush()).toEqual({ pending: 0 });
  expect(await client.close()).toEqual({ pending: 0 });
  expect(await client.track("late")).toMatchObject({ kept: false });
});

it("a request without an answer is given up after its time, and sent again", async () => {
  const server = await serveStub(({ body }, response, count) => {
    if (count > 1) answerJson(response, 202, take(body));
  });
  const { client, tell } = openClient({ endpoint: server.url, requestTimeoutMs: 50 });
  await client.track("seen");
  expect(await client.flush()).toEqual({ pending: 0 });
  // On a busy machine the answer to the second may take longer too.
  expect(tell("retry")[0]).toMatchObject({ attempt: 1, code: "no_answer", message: "no answer within 50 ms" });
});

it("the caller's signal ends a client at once", async () => {
  const server = await serveStub(() => undefined);
  const end = new AbortController();
  const { client } = openClient({ endpoint: server.url, signal: end.signal });
  await client.track("seen");
  const flushed = client.flush();
  await eventually(() => server.requests.length === 1, "the request is under way");
  end.abort();
  expect(await flushed).toEqual({ pending: 1 });
  expect(await client.track("late")).toMatchObject({ kept: false });
});
