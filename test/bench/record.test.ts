import { execFile } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { compareRecordings } from "../../bench/record/compare.ts";
import type { Received, Recorded } from "../../bench/record/exchange.ts";
import { createNormalise, type Told } from "../../bench/record/normalise.ts";
import { runRecord } from "../../bench/record/run-record.ts";
import { runSteps } from "../../bench/record/run-steps.ts";
import type { RequestStep } from "../../bench/record/step.ts";
import { steps } from "../../bench/record/steps/all.ts";
import { refusals } from "../../bench/record/steps/refusals.ts";
import { UsageError } from "../../cli/command.ts";
import { makeApiKey } from "../../shared/access/keys/api-key.ts";
import { signCursor } from "../../shared/http/cursor.ts";
import { type Route, routes } from "../../shared/http/routes.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";

const exec = promisify(execFile);
const requests = steps.filter((step): step is RequestStep => "method" in step);

describe("the list of requests", () => {
  it("has at least 200 requests, each with a name of its own", () => {
    const names = requests.map(({ name }) => name);
    expect(names.length).toBeGreaterThanOrEqual(200);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it.each(Object.entries<Route>(routes))("has %s with a good credential too, not only refused", (_, route) => {
    const shape = new RegExp(`^/${route.path.replaceAll(/\{\w+\}/g, "[^/]+")}/?$`);
    const sent = requests.filter(({ method, path }) => method === route.method && shape.test(path.split("?")[0] ?? ""));
    expect(sent.some((step) => !refusals.includes(step))).toBe(true);
  });
});

const HOUR_MS = 3_600_000;
const iso = (time: number): string => new Date(time).toISOString();
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");

interface Run {
  readonly startedAt: number;
  /** Random in each run, as the product makes it. */
  readonly values: Readonly<Record<string, string>>;
}

function makeRun(startedAt: number): Run {
  const keys = createKeyRing([randomBytes(32)]);
  const { key, keyId } = makeApiKey("acme");
  const iat = startedAt / 1000 + 3.25;
  const values = {
    ...{ key, keyId, request: uuidv7(startedAt), event: uuidv7(startedAt), port: String(40_000 + (startedAt % 9_999)) },
    receipt: mintReceipt(keys, "acme", startedAt, 7).receiptId,
    cursor: signCursor(keys, "acme", "", { timestamp: "2020-03-01T00:00:00.000Z", id: "e" }),
    token: `${base64url({ alg: "ES256" })}.${base64url({ sub: `key:${keyId}`, iat, exp: iat + 3_600 })}.AAAA`,
    member: randomBytes(32).toString("base64url"),
    now: iso(startedAt + 12_345),
    week: iso(startedAt + 168 * HOUR_MS + 12_345),
    hour: iso(startedAt - (startedAt % HOUR_MS)),
    nextHour: iso(startedAt - (startedAt % HOUR_MS) + HOUR_MS),
    today: iso(startedAt).slice(0, 10),
  };
  return { startedAt, values };
}

/** An answer with one of each value that is hidden, and texts that are not. `change` alters its text. */
function makeAnswer({ startedAt, values: v }: Run, change: (text: string) => string = (text) => text): Received {
  const fields = {
    ...{ request_id: v.request, key: v.key, key_id: v.keyId, receipt_id: v.receipt, next_cursor: v.cursor },
    ...{ access_token: v.token, member_id: v.member, created_by: `member:${v.member}`, last_used_on: v.today, ms: 12 },
    ...{ created_at: v.now, expires_at: v.week, from: v.hour, to: v.nextHour, timestamp: "2020-03-01T10:00:00.000Z" },
    ...{ event_id: v.event, again: v.event, link: `http://127.0.0.1:${v.port}/join`, detail: "at most 5000 events" },
  };
  const body = Buffer.from(change(JSON.stringify(fields)));
  const headers = [
    ["date", new Date(startedAt).toUTCString()],
    ["content-length", String(body.length)],
    ["x-request-id", v.request],
  ].map(([name = "", value = ""]) => [name, value] as const);
  return { status: 200, headers, body };
}

function record(run: Run, received: Received = makeAnswer(run), more: Partial<Told> = {}): Recorded {
  return createNormalise(run.startedAt)({ name: "one", request: "GET /", received, ...more });
}

describe("what is recorded of an answer", () => {
  const first = makeRun(Date.parse("2026-11-22T10:20:00.000Z"));
  const second = makeRun(Date.parse("2027-02-03T23:05:00.123Z"));

  it("is the same in every run, and shows which values are equal", () => {
    expect(record(second)).toEqual(record(first));
    for (const shown of [
      ...['"request_id":"<uuid-v7 one>"', '"event_id":"<uuid-v7 one 2>","again":"<uuid-v7 one 2>"', '"ms":<ms>'],
      ...['"created_at":"<now>","expires_at":"<now+168h>"', '"from":"<hour>","to":"<hour+1>"', '"<today>"'],
      ...['"key":"hr_acme_<key-id one>_<secret one>","key_id":"<key-id one>"', "<receipt one>(7 events)"],
      ...['<jwt {"alg":"ES256"} {"sub":"key:<key-id one>","iat":"<now>","exp":"<iat+60m>"}>'],
      ...['<sealed ["2020-03-01T00:00:00.000Z","e"]>', "member:<member-id one>", "127.0.0.1:<port one>/join"],
    ])
      expect(record(first).body).toContain(shown);
    expect(record(first).headers).toEqual({
      ...{ "content-length": "<length of the body>", date: "<date>", "x-request-id": "<uuid-v7 one>" },
    });
  });

  it.each<[string, (text: string, run: Run) => string]>([
    ["a word of a message", (text) => text.replace("at most", "not more than")],
    ["a number of a message", (text) => text.replace("5000", "5001")],
    [
      "the order of the fields",
      (text) => text.replace(/"detail":"[^"]+"/, '"ms":1').replace('"ms":12', '"detail":"at most 5000 events"'),
    ],
    ["a space", (text) => text.replace(",", ", ")],
    ["a time that the client sent", (text) => text.replace("2020-03-01T10", "2020-03-01T11")],
    [
      "how long something lives",
      (text, { startedAt, values: v }) => text.replace(v.week ?? "", iso(startedAt + 48 * HOUR_MS)),
    ],
    ["the hour that is counted from", (text, { values: v }) => text.replace(v.hour ?? "", v.nextHour ?? "")],
    ["how a time is written", (text, { values: v }) => text.replace(v.now ?? "", (v.now ?? "").slice(0, 19))],
    ["an id of another kind", (text, { values: v }) => text.replaceAll(v.event ?? "", randomUUID())],
    ["two ids that were equal", (text, { startedAt, values: v }) => text.replace(v.event ?? "", uuidv7(startedAt))],
    ["a key id that is shorter", (text, { values: v }) => text.replaceAll(v.keyId ?? "", "0a1b2c3d")],
    ["a key of another org", (text) => text.replace("hr_acme_", "hr_other_")],
    [
      "what a receipt says",
      (text, { startedAt, values: v }) =>
        text.replace(v.receipt ?? "", mintReceipt(createKeyRing([randomBytes(32)]), "acme", startedAt, 8).receiptId),
    ],
    [
      "a claim of a token",
      (text, { values: v }) =>
        text.replace(
          v.token ?? "",
          `${base64url({ alg: "ES256" })}.${base64url({ sub: "key:x", iat: 1, exp: 3_601 })}.AAAA`,
        ),
    ],
    [
      "what a cursor carries",
      (text, { values: v }) =>
        text.replace(
          v.cursor ?? "",
          signCursor(createKeyRing([randomBytes(32)]), "acme", "", { timestamp: "2020-03-02T00:00:00.000Z", id: "e" }),
        ),
    ],
  ])("does not hide that %s changed", (_, change) => {
    const changed = record(
      second,
      makeAnswer(second, (text) => change(text, second)),
    );
    expect(changed.body).not.toBe(record(first).body);
  });

  it.each<[string, (received: Received) => Received]>([
    ["another status", (received) => ({ ...received, status: 201 })],
    ["a header more", (received) => ({ ...received, headers: [...received.headers, ["etag", "x"]] })],
    ["a header twice", (received) => ({ ...received, headers: [...received.headers, ["x-request-id", "x"]] })],
    ["a header less", (received) => ({ ...received, headers: received.headers.slice(1) })],
    [
      "a wrong length",
      (received) => ({ ...received, headers: [["content-length", "1"], ...received.headers.slice(2)] }),
    ],
    ["a wrong date", (received) => ({ ...received, headers: [["date", "Sun, 06 Nov 1994 08:49:37 GMT"]] })],
  ])("does not hide %s", (_, change) => {
    const { status, headers } = record(second, change(makeAnswer(second)));
    expect({ status, headers }).not.toEqual({ status: 200, headers: record(first).headers });
  });

  it("keeps the order of a list, except for lines of the same time", () => {
    const entry = (action: string, ms: number) => ({ timestamp: `2020-03-01T10:00:00.00${ms}Z`, action });
    const bodyOf = (...entries: object[]): string => {
      const body = Buffer.from(JSON.stringify({ entries }));
      return record(first, { status: 200, headers: [], body }, { ties: "entries" }).body;
    };
    const [made, invited, before] = [entry("made", 2), entry("invited", 2), entry("a", 1)];
    expect(bodyOf(made, invited, before)).toBe(bodyOf(invited, made, before));
    expect(bodyOf(before, made, invited)).not.toBe(bodyOf(made, invited, before));
  });
});

it("a recording keeps values for later requests, sends a browser's cookies, and asks until the answer is there", async () => {
  let asked = 0;
  const server = createServer((request, response) => {
    if (request.url === "/made") response.setHeader("set-cookie", "a=1; path=/deep; httponly").end('{"id":"made-7"}');
    else if (request.url === "/polled") response.end(++asked < 3 ? "pending" : "settled");
    else response.end(`${request.url} ${request.headers.cookie ?? "no cookie"}`);
  }).listen(0, "127.0.0.1");
  try {
    await once(server, "listening");
    const address = server.address();
    const origin = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const get = (name: string, path: string): RequestStep => ({ name, method: "GET", path, browser: "b" });
    const records = await runSteps(
      origin,
      [
        { ...get("make", "/made"), keep: { made: /"id":"([^"]+)"/ } },
        { ...get("poll", "/polled"), until: /^200 settled/ },
        get("deep", "/deep/{{made}}"),
        get("flat", "/{{given}}"),
      ],
      { given: "flat" },
    );
    expect(records.map(({ body }) => body)).toEqual([
      '{"id":"made-7"}',
      "settled",
      "/deep/made-7 a=1",
      "/flat no cookie",
    ]);
    expect(records.map(({ request }) => request)).toContain("GET /deep/{{made}}");
  } finally {
    server.close();
  }
});

describe("npm run record -- --compare", () => {
  const one = { name: "one", request: "GET /", status: 200, headers: { vary: "a" }, body: "first\nsecond" };
  const recording = { requests: [one], commands: [{ command: "headrace", exitCode: 2, stdout: "", stderr: "usage" }] };

  it("lists what differs, line by line", () => {
    const other = {
      requests: [
        { ...one, status: 404, headers: {}, body: "first\nthird" },
        { ...one, name: "two" },
      ],
      commands: [{ command: "headrace", exitCode: 1, stdout: "", stderr: "usage" }],
    };
    expect(compareRecordings(recording, recording)).toEqual([]);
    expect(compareRecordings(recording, other)).toEqual([
      ...["one: status", "  - 200", "  + 404", "one: header vary", "  - a", "  + (nothing)"],
      ...["one: body", "  - second", "  + third"],
      ...["two: place in the list after", "  - (nothing)", "  + one", "two: request", "  - (nothing)", "  + GET /"],
      ...["two: status", "  - (nothing)", "  + 200", "two: header vary", "  - (nothing)", "  + a"],
      ...["two: body", "  - (nothing)", "  + first", "  + second"],
      ...["headrace: exit code", "  - 2", "  + 1"],
    ]);
    const swapped = { ...recording, requests: [{ ...one, body: "second\nfirst" }] };
    expect(compareRecordings(recording, swapped)).toHaveLength(3);
  });

  it("exits with 0 when nothing differs, 1 when something does, and 2 when it is used wrongly", async () => {
    const dir = await mkdtemp(join(tmpdir(), "headrace-record-test-"));
    const file = async (name: string, value: unknown): Promise<string> => {
      await writeFile(join(dir, name), JSON.stringify(value));
      return join(dir, name);
    };
    try {
      const a = await file("a.json", recording);
      const b = await file("b.json", { ...recording, requests: [] });
      const none = await file("none.json", {});
      const printed: string[] = [];
      const output = { print: (text: string) => void printed.push(text), say: () => undefined };
      expect(await runRecord(["--compare", a, a], output)).toBe(0);
      expect(await runRecord(["--compare", a, b], output)).toBe(1);
      expect(await runRecord(["--help"], output)).toBe(0);
      expect(printed.map((text) => text.split("\n")[0])).toEqual([
        "The recordings are the same.",
        "one: place in the list after",
        expect.stringMatching(/^Usage: npm run record/),
      ]);
      for (const wrong of [
        ...[[], ["--compare"], ["--compare", a], ["--compare", a, a, a], ["--compare", a, none]],
        ...[["--compare", a, join(dir, "x")], ["--out"], ["--out", a, "b"], ["--out", a, "--compare", a, b]],
        ...[["--nothing"], ["--out", a, "--product", dir]],
      ])
        await expect(runRecord(wrong, output), wrong.join(" ")).rejects.toThrow(UsageError);
      const failed: unknown = await exec(process.execPath, ["bench/record.ts"]).catch((error: unknown) => error);
      expect(failed).toMatchObject({ code: 2, stderr: expect.stringMatching(/^record: Say/) });
    } finally {
      await rm(dir, { recursive: true });
    }
  });
});
