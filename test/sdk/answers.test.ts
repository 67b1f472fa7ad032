import type { ServerResponse } from "node:http";
import { describe, expect, it } from "vitest";
import { answerJson, serveStub } from "../cli/support.ts";
import { foreignAnswers } from "../support/foreign-answers.ts";
import { openClient, readSent, take } from "./support.ts";

const page = "<html><title>Sign in to the network</title></html>";
type Answer = (response: ServerResponse, body: Buffer) => unknown;

const noAnswers: readonly (readonly [string, Answer])[] = [
  [
    "HTML with 200, as of a captive portal",
    (response) => response.writeHead(200, { "content-type": "text/html" }).end(page),
  ],
  ["HTML with 202", (response) => response.writeHead(202).end(page)],
  ["JSON with 202 that is not ours", (response) => answerJson(response, 202, { ok: true })],
  ["a 202 for another number of events", (response, body) => answerJson(response, 202, take(body, { accepted: 7 }))],
  ["a 202 without a body", (response) => response.writeHead(202).end()],
  ["JSON with 200 as of another service", (response, body) => answerJson(response, 200, take(body))],
  ["204", (response) => response.writeHead(204).end()],
  ["206", (response) => response.writeHead(206).end(page)],
  ["a redirect", (response) => response.writeHead(302, { location: "/elsewhere" }).end()],
  ["a permanent redirect", (response) => response.writeHead(308, { location: "/elsewhere" }).end()],
  ["a redirect to nowhere", (response) => response.writeHead(301).end()],
  ["404 in HTML: a wrong endpoint", (response) => response.writeHead(404).end(page)],
  ["403 in HTML", (response) => response.writeHead(403).end(page)],
  ["400 in HTML", (response) => response.writeHead(400).end(page)],
  ["null with 202", (response) => answerJson(response, 202, null)],
  ["a list with 202", (response) => answerJson(response, 202, [])],
];

/** A server that answers the first two requests so, and then as the API does. */
const serve = (answer: Answer) =>
  serveStub(({ body }, response, count) => {
    if (count <= 2) answer(response, body);
    else answerJson(response, 202, take(body));
  });

describe("an answer that is none is never delivery", () => {
  it.each(noAnswers)(
    "%s: the event is kept, somebody is told once what to do, and it is sent again",
    async (_, answer) => {
      const server = await serve(answer);
      const { client, told, tell } = openClient({ endpoint: server.url });
      const { eventId } = await client.track("seen");
      expect(await client.flush()).toEqual({ pending: 0 });
      expect(tell("warning")).toMatchObject([
        { code: "not_headrace", message: expect.stringContaining("Check the endpoint") },
      ]);
      const kinds = told.map(([kind]) => kind).filter((kind) => !["request", "warning"].includes(kind));
      expect(kinds).toEqual(["retry", "retry", "accepted"]);
      expect(server.requests.map(({ path }) => path)).toEqual(Array(3).fill("/api/v1/events"));
      for (const { body } of server.requests) expect(readSent(body).events[0]?.event_id).toBe(eventId);
    },
  );

  const cuts: readonly (readonly [string, Answer])[] = [
    ["no answer at all", (response) => response.destroy()],
    [
      "a 202 that is cut",
      (response) => {
        response.writeHead(202, { "content-length": "500" }).write('{"receipt_id":"r","accepted":1');
        setImmediate(() => response.destroy());
      },
    ],
    ...foreignAnswers.map(
      ([status, body]) => [`${status}`, (response: ServerResponse) => response.writeHead(status).end(body)] as const,
    ),
  ];
  it.each(cuts)("%s: the event is kept and sent again", async (_, answer) => {
    const server = await serve(answer);
    const { client, tell } = openClient({ endpoint: server.url });
    const { eventId } = await client.track("seen");
    expect(await client.flush()).toEqual({ pending: 0 });
    expect([tell("retry").length, tell("dropped"), tell("warning")]).toEqual([2, [], []]);
    expect(tell("accepted")).toMatchObject([{ eventIds: [eventId] }]);
  });
});

describe("a refusal of the sender", () => {
  it.each([
    [401, "credential_revoked", "Ask an admin of your org for a new key."],
    [403, "origin_refused", "Send it from a page of this site."],
    [403, "org_suspended", "Ask the operator of this deployment."],
    [400, "invalid_parameter", "Correct the parameter."],
    [404, "path_not_found", "Look at the path."],
  ])(
    "%i %s is told once with what to do, the queue is kept, and all is sent once it is mended",
    async (status, code, fix) => {
      let mended = false;
      const server = await serveStub(({ body }, response) =>
        mended ? answerJson(response, 202, take(body)) : answerJson(response, status, { code, detail: "no", fix }),
      );
      const { client, tell } = openClient({ endpoint: server.url });
      await client.track("seen");
      expect(await client.flush()).toEqual({ pending: 1 });
      const { length } = server.requests;
      expect(await client.flush()).toEqual({ pending: 1 });
      await client.track("seen");
      while (server.requests.length < length + 3) await new Promise(setImmediate);
      expect(tell("blocked")).toEqual([{ code, message: "no", fix }]);
      mended = true;
      while (tell("accepted").length === 0) await new Promise(setImmediate);
      expect(await client.flush()).toEqual({ pending: 0 });
      expect([tell("dropped"), tell("retry")]).toEqual([[], []]);
    },
  );
});

describe("what is said of events", () => {
  it("those in quarantine are told with the reason, the others are accepted, and a repeated one is no fault", async () => {
    const server = await serveStub(({ body }, response) => {
      const results = [
        { index: 1, result: "quarantined", code: "invalid_value", path: "events[1].event_type", message: "is empty" },
        { index: 2, result: "duplicate", code: "repeated_event_id", path: "events[2].event_id", message: "twice" },
      ];
      answerJson(response, 202, take(body, { quarantined: 1, duplicate: 1, results }));
    });
    const { client, tell } = openClient({ endpoint: server.url });
    const ids = await Promise.all(["a", "", "c"].map(async (type) => (await client.track(type)).eventId));
    await client.flush();
    expect(tell("accepted")).toEqual([{ eventIds: [ids[0], ids[2]], receiptId: "r" }]);
    expect(tell("quarantined")).toEqual([
      { eventId: ids[1], code: "invalid_value", path: "events[1].event_type", message: "is empty", receiptId: "r" },
    ]);
  });

  it("where the API takes none of them, each is dropped with its own reason, and later ones are sent", async () => {
    const server = await serveStub(({ body }, response, count) => {
      const results = [
        { index: 0, code: "invalid_value", result: "quarantined", path: "events[0]", message: "is empty" },
      ];
      if (count === 1)
        answerJson(response, 400, { code: "no_valid_event", detail: "none is valid", fix: "…", results });
      else answerJson(response, 202, take(body));
    });
    const { client, tell } = openClient({ endpoint: server.url });
    const { eventId } = await client.track("");
    await client.flush();
    expect(tell("dropped")).toEqual([{ eventIds: [eventId], code: "invalid_value", message: "is empty" }]);
    const later = await client.track("b");
    await client.flush();
    expect(tell("accepted")).toMatchObject([{ eventIds: [later.eventId] }]);
  });

  it("one that spoils its batch is found by halves and dropped alone", async () => {
    const server = await serveStub(({ body }, response) => {
      const isSpoiled = readSent(body).events.some(({ event_type }) => event_type === "bad");
      if (isSpoiled) answerJson(response, 400, { code: "too_deep", detail: "nested", fix: "Flatten it." });
      else answerJson(response, 202, take(body));
    });
    const { client, tell } = openClient({ endpoint: server.url });
    for (const type of ["a", "b", "c", "bad", "e", "f", "g"]) void client.track(type);
    expect(await client.flush()).toEqual({ pending: 0 });
    expect(tell("dropped")).toMatchObject([{ code: "too_deep", message: "nested" }]);
    expect(tell("accepted").flatMap(({ eventIds }) => eventIds)).toHaveLength(6);
  });

  it("the end of a version of the API is told once, with its day", async () => {
    const headers = { deprecation: "@1798761600", sunset: "Fri, 31 Dec 2027 00:00:00 GMT" };
    const server = await serveStub(({ body }, response) => answerJson(response, 202, take(body), headers));
    const { client, tell } = openClient({ endpoint: server.url });
    for (const type of ["a", "b"]) {
      void client.track(type);
      await client.flush();
    }
    expect(tell("warning")).toEqual([{ code: "deprecated", message: expect.stringContaining("31 Dec 2027") }]);
  });
});
