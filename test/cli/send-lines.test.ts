import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createDeriveId } from "../../cli/send/derive-id.ts";
import { eventSchema } from "../../shared/event/event.ts";
import { key, readBatches, readBodies, send, serveAccepting, writeLines } from "./send-support.ts";
import { answerJson, makeFolder, runCommandToEnd, type StubServer, serveStub } from "./support.ts";

const idsIn = (server: StubServer): unknown[] =>
  readBatches(server).flatMap(({ events }) => events.map((event) => event.event_id));
const eventsIn = (server: StubServer): unknown[] => readBatches(server).flatMap(({ events }) => events);

function writeBytes(name: string, bytes: string | Buffer): string {
  const path = join(makeFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

describe("lines of a file", () => {
  test("end at LF only, as in the API: U+2028, U+2029 and a CR within a text are part of it", async () => {
    const server = await serveAccepting();
    const texts = ["a\u2028b", "a\u2029b", "a\u0085b", "plain"];
    const lines = texts.map((text, i) => JSON.stringify({ event_id: `e${i}`, event_type: "t", properties: { text } }));
    expect(await send(server, writeBytes("chat.ndjson", `\ufeff${lines.join("\r\n")}\r\n`))).toMatchObject({ code: 0 });
    expect(eventsIn(server)).toEqual(lines.map((line) => JSON.parse(line) as unknown));
  });

  test("that CR separates are one line, which is told", async () => {
    const server = await serveAccepting();
    const result = await send(server, writeBytes("mac.ndjson", '{"event_type":"a"}\r{"event_type":"b"}\r'));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("line 1: unreadable_line: is not JSON");
    expect(server.requests).toEqual([]);
  });

  test("that are not UTF-8 are told, and never sent with U+FFFD", async () => {
    const server = await serveAccepting();
    const bytes = [Buffer.from('{"event_type":"caf'), Buffer.of(0xe9), Buffer.from('"}\n{"event_type":"ok"}\n')];
    const result = await send(server, writeBytes("latin1.ndjson", Buffer.concat(bytes)));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("line 1: unreadable_line: is not UTF-8");
    expect(eventsIn(server)).toMatchObject([{ event_type: "ok" }]);
    expect(readBodies(server).join("")).not.toContain("\ufffd");
  });

  test("of UTF-16 are told once", async () => {
    const server = await serveAccepting();
    const text = Buffer.from('\ufeff{"event_type":"a"}\r\n{"event_type":"b"}\r\n', "utf16le");
    const result = await send(server, writeBytes("utf16.ndjson", text));
    expect(result.code).toBe(1);
    expect(result.stdout).toContain("utf16.ndjson: unreadable_file: it is UTF-16; save it as UTF-8");
    expect(server.requests).toEqual([]);
  });

  test("with a byte order mark in the middle are told", async () => {
    const server = await serveAccepting();
    const result = await send(server, writeBytes("two.ndjson", '{"event_type":"a"}\n\ufeff{"event_type":"b"}\n'));
    expect(result.stdout).toContain("line 2: unreadable_line: is not JSON");
    expect(eventsIn(server)).toHaveLength(1);
  });

  test("that come in pieces of any size are the same lines", async () => {
    const server = await serveAccepting();
    const lines = Array.from({ length: 3_000 }, (_, i) =>
      JSON.stringify({ event_id: `é${i}`, event_type: "語".repeat(i % 90) || "t" }),
    );
    const result = await runCommandToEnd("send", ["-", "--url", server.url, "--key", key], { input: lines.join("\n") });
    expect(result).toMatchObject({ code: 0 });
    expect(idsIn(server).toSorted()).toEqual(lines.map((_, i) => `é${i}`).toSorted());
  });
});

describe("numbers of a line", () => {
  test("are sent digit for digit, mapped or not, and also as an id", async () => {
    const server = await serveAccepting();
    const line =
      '{"n":608548899684111178,"kind":"k","big":1e400,"zero":-0,"exact":0.1234567890123456789,"a":[9007199254740993]}';
    const file = writeBytes("n.ndjson", `${line}\n`);
    expect(await send(server, file, "--id-field", "n", "--type-field", "kind")).toMatchObject({ code: 0 });
    expect(await send(server, writeBytes("p.ndjson", `{"event_type":"t","properties":${line}}\n`))).toMatchObject({
      code: 0,
    });
    const [mapped, plain] = readBodies(server);
    expect(mapped).toContain('"event_id":"608548899684111178"');
    expect(mapped).toContain('"big":1e400,"zero":-0,"exact":0.1234567890123456789,"a":[9007199254740993]');
    expect(plain).toContain(line);
  });
});

describe("an id that an event brings", () => {
  test("is sent as it is where it cannot be one, and made where there is none", async () => {
    const server = await serveAccepting();
    const ids = ["own", 7, { a: 1 }, null, ""];
    const file = writeLines(
      "ids.ndjson",
      ids.map((event_id) => ({ event_id, event_type: "t", "": 1 })),
    );
    expect(await send(server, file)).toMatchObject({ code: 0 });
    expect(idsIn(server)).toEqual([
      "own",
      "7",
      { a: 1 },
      ...[4, 5].map((n) => expect.stringContaining(`ids.ndjson:${n}:`)),
    ]);
    expect(eventsIn(server)).toMatchObject(ids.map(() => ({ "": 1 })));
  });
});

describe("an id that is made", () => {
  const idOf = (name: string, text: string, line = 1): string => createDeriveId(name)(text, line);

  test("is the same for the same line at the same place of a file of the same name, whatever its end", () => {
    const id = idOf("log.ndjson", '{"event_type":"a"}');
    expect(id).toMatch(/^log\.ndjson:1:[\w-]{16}$/);
    expect(idOf("log.ndjson", '{"event_type":"a"}\r')).toBe(id);
    for (const other of [
      idOf("log.ndjson", '{"event_type":"b"}'),
      idOf("log.ndjson", '{"event_type":"a"}', 2),
      idOf("other.ndjson", '{"event_type":"a"}'),
    ])
      expect(other).not.toBe(id);
  });

  test("is an id that is taken, whatever the file is called", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 150 }), fc.nat(), (name, line) => {
        const event_id = idOf(name, "{}", line);
        expect(eventSchema.safeParse({ event_id, event_type: "t" }).success).toBe(true);
      }),
    );
    expect(idOf("a b\tü/語.ndjson", "{}")).toMatch(/^a_b_ü_語\.ndjson:1:/);
  });
});

describe("a mapped field", () => {
  const fields = { id: "e1", type: "PushEvent", actor: { id: 5, login: "ada" }, note: null, empty: "", flag: true };
  const mapping = ["--type-field", "type", "--id-field", "id"];

  test("that is not a text stays in `properties`", async () => {
    for (const field of ["actor", "note", "empty"]) {
      const server = await serveAccepting();
      expect(await send(server, writeLines("gh.json", [fields]), ...mapping, "--user-field", field)).toMatchObject({
        code: 0,
      });
      const { id: event_id, type: event_type, ...properties } = fields;
      expect(eventsIn(server)).toEqual([{ event_id, event_type, properties }]);
    }
  });

  test("that no line has is told, with those that there are, before anything is sent", async () => {
    const server = await serveAccepting();
    const file = writeLines("gh.json", ["not json", fields, fields]);
    const result = await send(server, file, ...mapping, "--user-field", "user", "--time-field", "at");
    expect(result).toMatchObject({ code: 2, stdout: "" });
    expect(result.stderr).toContain("--time-field at, --user-field user: no line has it, so nothing was sent");
    expect(result.stderr).toContain("id, type, actor, note, empty, flag");
    expect(server.requests).toEqual([]);
  });

  test("that only a later line has is no fault, and one that comes late is warned of", async () => {
    const server = await serveAccepting();
    const late = writeLines("late.json", [fields, { ...fields, user: "ada" }]);
    expect(await send(server, late, ...mapping, "--user-field", "user")).toMatchObject({ code: 0, stderr: "" });
    const lines = Array.from({ length: 10_001 }, (_, i) => ({ type: "t", ...(i === 10_000 && { user: "ada" }) }));
    const very = await send(server, writeLines("very.json", lines), "--type-field", "type", "--user-field", "user");
    expect(very).toMatchObject({
      code: 0,
      stderr: expect.stringContaining("--user-field user: none of the first 10000 lines has it"),
    });
  });

  test("of an empty file is no fault", async () => {
    const server = await serveAccepting();
    expect(await send(server, writeBytes("none.json", "\n"), ...mapping)).toMatchObject({ code: 0 });
  });
});

test("a file whose events were all duplicates says so aloud, also beside JSON", async () => {
  const server = await serveStub(({ path }, response) =>
    path === "/api/v1/events"
      ? answerJson(response, 202, { receipt_id: "r", accepted: 1, duplicate: 0, quarantined: 0 })
      : answerJson(response, 200, { status: "settled", stored: 0, duplicate: 1, quarantined: 0 }),
  );
  const file = writeLines("again.ndjson", [{ event_type: "t" }]);
  const said = "Nothing new was stored: every event was a duplicate";
  expect(await send(server, file)).toMatchObject({ code: 0, stdout: expect.stringContaining(said) });
  const json = await send(server, file, "--json");
  expect(json).toMatchObject({ code: 0, stderr: expect.stringContaining(said) });
  expect(JSON.parse(json.stdout)).toMatchObject({ complete: true, all_duplicates: true });
  const other = await serveAccepting();
  const stored = await send(other, file, "--json");
  expect(JSON.parse(stored.stdout)).toMatchObject({ all_duplicates: false });
  expect(stored.stderr).toBe("");
});
