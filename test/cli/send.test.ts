import { gunzipSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { foreignAnswers } from "../support/foreign-answers.ts";
import { key, readBatches, type SentBatch, send, serveAccepting, writeLines } from "./send-support.ts";
import { answerJson, runCommandToEnd, serveStub } from "./support.ts";

/** The id that an event gets which brings none. */
const derived = (name: string, line: number): unknown =>
  expect.stringMatching(new RegExp(`^${name.replaceAll(".", "\\.")}:${line}:[\\w-]{16}$`));

describe("send", () => {
  test("sends batches with the key, waits for the receipts and prints the outcomes", async () => {
    const server = await serveAccepting();
    const file = writeLines(
      "in.ndjson",
      Array.from({ length: 250 }, (_, i) => ({ event_id: `e${i}`, event_type: "t" })),
    );
    const result = await send(server, file);
    expect(result).toMatchObject({ code: 0 });
    const batches = readBatches(server);
    expect(batches.map((batch) => batch.events.length).toSorted((a, b) => a - b)).toEqual([50, 100, 100]);
    expect(batches.flatMap((batch) => batch.events.map((event) => event.event_id)).toSorted()).toEqual(
      Array.from({ length: 250 }, (_, i) => `e${i}`).toSorted(),
    );
    expect(server.requests.every((request) => request.headers.authorization === `Bearer ${key}`)).toBe(true);
    expect(result.stdout).toContain("250 accepted");
    expect(result.stdout).toMatch(/acme +250 +250 +0 +0 +0 +0/);
  });

  test("a file packed with gzip or zstd is read like the plain one, and an id is made from its name, the line's number and its text", async () => {
    const lines = [{ event_type: "a" }, "", { event_type: "b", event_id: "own" }];
    for (const [name, pack] of [
      ["x.ndjson.gz", gzipSync],
      ["x.ndjson.zst", zstdCompressSync],
    ] as const) {
      const server = await serveAccepting();
      const file = writeLines(name, lines, (text) => pack(text));
      expect(await send(server, file)).toMatchObject({ code: 0 });
      expect(readBatches(server)[0]?.events).toEqual([
        { event_type: "a", event_id: derived(name, 1) },
        { event_type: "b", event_id: "own" },
      ]);
    }
  });

  test("a truncated gzip file is an error, not a short file", async () => {
    const server = await serveAccepting();
    const lines = Array.from({ length: 5_000 }, (_, i) => ({ event_type: "t", properties: { random: Math.sin(i) } }));
    const file = writeLines("cut.gz", lines, (text) => gzipSync(text).subarray(0, 30_000));
    const result = await send(server, file);
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("cut.gz: unreadable_file: unexpected end of file");
  });

  test("fields are mapped, and the rest becomes properties", async () => {
    const server = await serveAccepting();
    const line = { time: "2015-09-12T00:00:00Z", namespace: "Main", user: "ada", page: "X", delta: 3, nothing: null };
    const mapping = ["--type-field", "namespace", "--time-field", "time", "--user-field", "user"];
    expect(await send(server, writeLines("edits.ndjson", [line]), ...mapping)).toMatchObject({ code: 0 });
    expect(readBatches(server)[0]?.events).toEqual([
      {
        event_id: derived("edits.ndjson", 1),
        event_type: "Main",
        timestamp: "2015-09-12T00:00:00Z",
        user_id: "ada",
        properties: { page: "X", delta: 3, nothing: null },
      },
    ]);
  });

  test("an id field may hold numbers", async () => {
    const server = await serveAccepting();
    const file = writeLines("n.ndjson", [{ n: 42, kind: "k" }]);
    expect(await send(server, file, "--id-field", "n", "--type-field", "kind")).toMatchObject({ code: 0 });
    expect(readBatches(server)[0]?.events).toEqual([{ event_id: "42", event_type: "k", properties: {} }]);
  });

  test("stdin is read, zstd goes to the server, and with --no-wait nothing is waited for", async () => {
    const server = await serveStub((_request, response) =>
      answerJson(response, 202, { receipt_id: "r", accepted: 1, duplicate: 0, quarantined: 0 }),
    );
    const args = ["-", "--url", server.url, "--key", key, "--compression", "zstd", "--no-wait"];
    const result = await runCommandToEnd("send", args, { input: '{"event_type":"t"}\n' });
    expect(result).toMatchObject({ code: 0 });
    expect(readBatches(server)[0]?.events).toEqual([{ event_type: "t", event_id: derived("stdin", 1) }]);
    expect(server.requests).toHaveLength(1);
  });

  test("429 and 503 are tried again, not before Retry-After, in seconds or as a date", async () => {
    const inTwoSeconds = (): string => new Date(Date.now() + 2_000).toUTCString();
    const server = await serveAccepting((count) => {
      if (count === 1) return [429, { "retry-after": "1" }];
      if (count === 2) return [503, { "retry-after": inTwoSeconds() }];
      return undefined;
    });
    const result = await send(server, writeLines("r.ndjson", [{ event_type: "t" }]));
    expect(result).toMatchObject({ code: 0 });
    const [first, second, third] = server.requests;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(990);
    // A date has whole seconds, so up to one of the two may be gone.
    expect((third?.at ?? 0) - (second?.at ?? 0)).toBeGreaterThanOrEqual(950);
    const ids = readBatches(server).map((batch) => batch.events[0]?.event_id);
    expect(ids).toEqual([derived("r.ndjson", 1), ids[0], ids[0]]);
  });

  test.each(foreignAnswers)("an answer %i that is not the product's is tried again", async (status, body) => {
    const server = await serveStub((_request, response, count) => {
      if (count === 1) return response.writeHead(status).end(body);
      return answerJson(response, 202, { receipt_id: "r", accepted: 1, duplicate: 0, quarantined: 0 });
    });
    expect(await send(server, writeLines("f.ndjson", [{ event_type: "t" }]), "--no-wait")).toMatchObject({ code: 0 });
    const ids = readBatches(server).map((batch) => batch.events[0]?.event_id);
    expect(ids).toEqual([derived("f.ndjson", 1), ids[0]]);
  });

  test("a connection that breaks is tried again", async () => {
    const server = await serveStub((_request, response, count) => {
      if (count < 3) return response.destroy();
      return answerJson(response, 202, { receipt_id: "r", accepted: 1, duplicate: 0, quarantined: 0 });
    });
    expect(await send(server, writeLines("c.ndjson", [{ event_type: "t" }]), "--no-wait")).toMatchObject({ code: 0 });
    expect(server.requests).toHaveLength(3);
  });

  test("--max-wait bounds the retries; the failure is counted", async () => {
    const server = await serveAccepting(() => [503, { "retry-after": "30" }]);
    const result = await send(server, writeLines("m.ndjson", [{ event_type: "t" }]), "--max-wait", "2");
    expect(result.code).toBe(1);
    expect(server.requests).toHaveLength(1);
    expect(result.stdout).toContain("503 code_503: why it was refused (request req-7)");
  });

  test("another 4xx is not tried again, and is reported with the server's problem document", async () => {
    const server = await serveAccepting((count) => (count === 1 ? [400] : undefined));
    const file = writeLines("b.ndjson", [{ event_type: "a" }, { event_type: "b" }]);
    const result = await send(server, file, "--batch", "1", "--concurrency", "1");
    expect(result.code).toBe(1);
    expect(readBatches(server)).toHaveLength(2);
    expect(result.stdout).toContain("lines 1–1: 400 code_400: why it was refused (request req-7)");
    expect(result.stdout).toContain("1 accepted");
  });

  test("a batch that is too large is sent in halves", async () => {
    const server = await serveStub(({ path, body }, response, count) => {
      if (path !== "/api/v1/events") return answerJson(response, 404, {});
      const { events } = JSON.parse(gunzipSync(body).toString()) as SentBatch;
      if (events.length > 2) return answerJson(response, 413, { code: "body_too_large", detail: "too large" });
      return answerJson(response, 202, {
        receipt_id: `r${count}`,
        accepted: events.length,
        duplicate: 0,
        quarantined: 0,
      });
    });
    const file = writeLines(
      "h.ndjson",
      Array.from({ length: 5 }, () => ({ event_type: "t" })),
    );
    const result = await send(server, file, "--no-wait");
    expect(result).toMatchObject({ code: 0 });
    expect(result.stdout).toContain("5 accepted");
  });

  test("a line that is not a JSON object is named, and the others are sent", async () => {
    const server = await serveAccepting();
    const result = await send(server, writeLines("l.ndjson", ["{", { event_type: "t" }, "[1]"]));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("line 1: unreadable_line: is not JSON");
    expect(result.stdout).toContain("line 3: unreadable_line: is not a JSON object");
    expect(result.stdout).toContain("1 accepted");
  });

  test("receipts that never settle end the wait, and the exit code says so", async () => {
    const server = await serveStub(({ path }, response) =>
      path === "/api/v1/events"
        ? answerJson(response, 202, { receipt_id: "r", accepted: 1, duplicate: 0, quarantined: 0 })
        : answerJson(response, 200, { status: "pending" }),
    );
    const result = await send(server, writeLines("p.ndjson", [{ event_type: "t" }]), "--max-wait", "1");
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("1 events in 1 receipts had not settled");
  });
});

describe("send refuses", () => {
  const cases: [name: string, args: string[], message: string, code?: number][] = [
    ["no file", [], "Name one file"],
    ["a missing file", ["/nowhere/x.ndjson"], "/nowhere/x.ndjson cannot be read"],
    ["an unknown flag", ["-", "--colour"], "Unknown option '--colour'"],
    ["a batch of 0", ["-", "--batch", "0"], "--batch must be a whole number from 1 to 5000"],
    ["an unknown compression", ["-", "--compression", "rar"], "--compression must be gzip, zstd or none"],
    ["a URL without a key", ["-", "--url", "http://127.0.0.1:1"], "--url needs an API key"],
    ["a URL that is none", ["-", "--url", "localhost:1", "--key", "k"], "--url must be an http or https address"],
    [
      "orgs elsewhere",
      ["-", "--url", "http://127.0.0.1:1", "--key", "k", "--org-field", "o"],
      "--org-field makes orgs",
    ],
    ["to guess when nothing runs", ["-", "--state", "/nowhere/state"], "Headrace is not running", 1],
  ];
  test.each(cases)("%s", async (_name, args, message, code = 2) => {
    const result = await runCommandToEnd("send", args);
    expect(result).toMatchObject({ code, stdout: "" });
    expect(result.stderr).toContain(message);
  });
});
