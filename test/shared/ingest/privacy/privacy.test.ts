import { createHmac } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import type { OfRequest } from "../../../../shared/envelope/content.ts";
import { checkEvents } from "../../../../shared/ingest/check-events.ts";
import { readAgain } from "../../../../shared/ingest/dialects/read-again.ts";
import { parseBody } from "../../../../shared/ingest/parse-body.ts";
import { truncate } from "../../../../shared/ingest/privacy/truncate.ts";
import type { RawBatch } from "../../../../shared/ingest/raw-batch.ts";
import { createCompiledSchemas } from "../../../../shared/ingest/schemas/compiled-schemas.ts";
import { createOpenJudge, type OpenJudge } from "../../../../shared/ingest/schemas/judge-events.ts";
import { takeTurns } from "../../../../shared/runtime/turn.ts";
import type { JsonSchema } from "../../../../shared/schema/json-schema.ts";
import { compileSchema } from "../../../../shared/schema/judge/compile-schema.ts";
import { columnsOf } from "../../../../shared/schema/promoted/columns-of.ts";
import type { OrgSchemas, TypeContract } from "../../../../shared/schema/registry/org-schemas.ts";
import { createHashKeys } from "../../../../shared/secrets/hash-keys.ts";
import { createMemorySecretVault, type MemorySecretVault } from "../../../support/memory-secret-vault.ts";

const limits = { bodyBytes: 1e6, unpackedBytes: 1e6, events: 5_000, eventBytes: 100_000, eventTypes: 1_000 };
const MAIL = "jane.doe@example.com";
const hash = { "x-pii": "hash" };
const drop = { "x-pii": "drop" };
const signup: JsonSchema = {
  properties: {
    mail: { type: "string", format: "email", ...hash },
    person: { properties: { mail: hash, phone: drop }, required: ["phone"] },
    address: { type: "string", "x-pii": "truncate" },
    plan: { enum: ["free", "paid"] },
  },
};

let vault: MemorySecretVault;
let open: OpenJudge;
let org: OrgSchemas;

beforeEach(() => {
  vault = createMemorySecretVault(Date.now);
  const compiled = createCompiledSchemas(compileSchema);
  open = createOpenJudge({ schemas: { read: async () => org }, compiled, hashKeys: createHashKeys(vault) });
});

interface Item {
  readonly e?: { readonly properties: Readonly<Record<string, string>>; readonly content_hash?: string };
  readonly q?: OfRequest & { readonly code: string; readonly raw: { readonly text: string } };
}

type Versions = Readonly<Record<number, readonly ["active" | "deprecated" | "retired" | "draft", JsonSchema]>>;

async function know(types: Readonly<Record<string, Versions>>, mode: TypeContract["mode"] = "enforce") {
  const hashKey = org?.hashKey ?? (await createHashKeys(vault).make("acme", 1));
  const contracts = Object.entries(types).map(([type, versions]) => {
    const entries = Object.entries(versions).map(
      ([version, [status, schema]]) => [Number(version), { status, schema, hasRules: true }] as const,
    );
    return [type, { mode, promoted: [], versions: new Map(entries) }] as const;
  });
  org = { strict: false, generation: "1", hasRules: true, hashKey, types: new Map(contracts) };
}

beforeEach(async () => {
  org = { strict: false, generation: "0", types: new Map() };
  await know({ signup: { 1: ["active", signup] } });
});

async function takeBatch(batch: RawBatch) {
  const { items, results } = await checkEvents(batch, Date.now(), limits, takeTurns(), await open("acme"));
  const parsed = items.map((text) => JSON.parse([text].flat().join("")) as Item);
  return { items: parsed, results, text: JSON.stringify(parsed) };
}

const take = async (body: string) => takeBatch(await parseBody(Buffer.from(body), limits, takeTurns()));
const takeOne = (properties: unknown, rest: object = {}) =>
  take(JSON.stringify({ event_id: "1", event_type: "signup", properties, ...rest }));

async function hmacOf(text: string): Promise<string> {
  const { hashKey } = org;
  const key = Buffer.from(await vault.readValue(hashKey?.secret ?? "", hashKey?.version ?? ""), "base64url");
  return `h1.${createHmac("sha256", key).update(`text\0${text}`).digest("base64url")}`;
}

describe("an event that fits is judged as it was sent, and published after its rules", () => {
  it("hashed by the org's key, cut, and without what is dropped", async () => {
    const properties = { mail: MAIL, person: { mail: MAIL, phone: "1" }, address: "203.0.113.77", plan: "free" };
    const { items, results } = await takeOne(properties);
    expect(results).toEqual([]);
    const hashed = await hmacOf(MAIL);
    expect(items[0]?.e).toMatchObject({
      properties: { mail: hashed, person: { mail: hashed }, address: "203.0.113.0", plan: "free" },
    });
    expect(items[0]?.e).not.toHaveProperty("properties.person.phone");
  });

  it("the same value is the same hash in every event, type and place, and another one by another key", async () => {
    await know({ signup: { 1: ["active", signup] }, login: { 1: ["active", { properties: { who: hash } }] } });
    const { items } = await take(
      JSON.stringify([
        { event_type: "signup", properties: { mail: MAIL } },
        { event_type: "login", properties: { who: MAIL } },
      ]),
    );
    const [first, second] = items;
    expect(first?.e?.properties.mail).toBe(second?.e?.properties.who);
    org = { ...org, hashKey: await createHashKeys(vault).make("acme", 2) };
    const { items: later } = await takeOne({ mail: MAIL });
    expect(JSON.stringify(later)).toMatch(/"mail":"h2\./);
    expect(JSON.stringify(later)).not.toContain(first?.e?.properties.mail?.slice(3));
  });

  it("what its type promotes is found by what is left of it", async () => {
    const { types } = org;
    const promoted = [{ path: "/mail", column: "p1" }] as const;
    org = { ...org, types: new Map([...types].map(([type, contract]) => [type, { ...contract, promoted }])) };
    const { items } = await takeOne({ mail: MAIL });
    expect(items[0]?.e).toMatchObject(columnsOf("signup", promoted, { mail: await hmacOf(MAIL) }) ?? {});
    expect(items[0]?.e).not.toMatchObject(columnsOf("signup", promoted, { mail: MAIL }) ?? {});
  });

  it("numbers, lists and objects are hashed whole; null stays; a list loses what is dropped", async () => {
    await know({ signup: { 1: ["active", { properties: { a: hash, b: hash, c: hash, d: { items: drop } } }] } });
    const { items } = await takeOne({ a: 5, b: { y: 1, x: [MAIL] }, c: null, d: [1, 2] });
    expect(items[0]?.e).toMatchObject({
      properties: { a: expect.stringMatching(/^h1\./), b: expect.stringMatching(/^h1\./), c: null, d: [] },
    });
    const { items: again } = await takeOne({ b: { x: [MAIL], y: 1 } });
    expect(again[0]?.e?.properties.b).toBe(items[0]?.e?.properties.b);
  });

  it("the content hash of an event with an Idempotency-Key is made of what is left", async () => {
    const batch = await parseBody(
      Buffer.from(JSON.stringify({ event_type: "signup", properties: { mail: MAIL } })),
      limits,
      takeTurns(),
    );
    const [masked, plain] = [await takeBatch({ ...batch, idempotencyKey: "k" }), open];
    open = async () => undefined;
    const without = await takeBatch({ ...batch, idempotencyKey: "k" });
    open = plain;
    const hashOf = ({ items }: typeof masked) => items[0]?.e?.content_hash;
    expect(hashOf(masked)).toHaveLength(22);
    expect(hashOf(masked)).not.toBe(hashOf(without));
  });

  it("a key that is made of the body's bytes is hashed by the org's key", async () => {
    const batch = await parseBody(Buffer.from('{"event_type":"signup"}'), limits, takeTurns());
    const idOf = async (key: object) => (await takeBatch({ ...batch, ...key })).text.match(/ik-[\w-]+/)?.[0];
    const [own, bytes] = [await idOf({ idempotencyKey: "k" }), await idOf({ idempotencyKey: "k", keyIsOfBytes: true })];
    expect(own).toBeDefined();
    expect(bytes).toBeDefined();
    expect(bytes).not.toBe(own);
  });
});

describe("an event that does not fit is kept whole, after its rules", () => {
  it.each<readonly [string, string]>([
    ["by its schema", `{"event_type":"signup","properties":{"mail":"${MAIL}","plan":"x"}}`],
    ["by its version", `{"event_type":"signup","schema_version":7,"properties":{"mail":"${MAIL}"}}`],
    [
      "a field is wrong",
      `{"event_type":"signup","timestamp":"${MAIL}x","properties":{"mail":"${MAIL}"}}`.replace(`${MAIL}x`, "soon"),
    ],
    ["a field is unknown", `{"event_type":"signup","mail":"${MAIL}","properties":{"mail":"${MAIL}"}}`],
    ["a name stands twice", `{"event_type":"signup","properties":{"mail":"x","mail":"${MAIL}"}}`],
    ["a name stands twice, escaped", `{"event_type":"signup","properties":{"m\\u0061il":"${MAIL}","mail":"x"}}`],
    ["properties stand twice", `{"event_type":"signup","properties":{"mail":"${MAIL}"},"properties":{}}`],
    ["a number is not exact", `{"event_type":"signup","properties":{"mail":"${MAIL}","n":12345678901234567890}}`],
    ["a number is too large", `{"event_type":"signup","properties":{"mail":"${MAIL}","n":1e400}}`],
    ["properties are a text", `{"event_type":"signup","properties":"${MAIL}"}`],
    ["properties are a list", `{"event_type":"signup","properties":[{"mail":"${MAIL}"}]}`],
    ["a text is in a rule's way", `{"event_type":"signup","properties":{"person":"${MAIL}","plan":"x"}}`],
    ["a list is in a rule's way", `{"event_type":"signup","properties":{"person":[{"mail":"${MAIL}"}],"plan":"x"}}`],
    ["it is too large", `{"event_type":"signup","properties":{"mail":"${MAIL}","n":"${"x".repeat(100_001)}"}}`],
  ])("%s", async (_, event) => {
    const { items, text } = await take(`[${event},{"event_type":"other"}]`);
    expect(text).not.toContain(MAIL);
    expect(items[0]?.q).toMatchObject({ event_type: "signup", masked: true });
    const kept = String(items[0]?.q?.raw.text);
    expect(kept).toMatch(/h1\.[\w-]{43}/);
    // What no rule leads to is there byte for byte.
    if (event.includes("1234567")) expect(kept).toContain("12345678901234567890");
    if (event.includes("1e400")) expect(kept).toContain("1e400");
  });

  it("what was found is in no message, and a name that a rule may hide in no path", async () => {
    const { items } = await takeOne({ mail: MAIL }, { user_id: { mail: MAIL }, timestamp: MAIL });
    expect(items[0]?.q).toMatchObject({ message: expect.stringMatching(/^expected /) });
    await know({ signup: { 1: ["active", { additionalProperties: { type: "string", ...drop } }] } });
    const { text, items: hidden } = await takeOne({ [MAIL]: 5 });
    expect(text.replaceAll(JSON.stringify(MAIL).slice(1, -1), "")).toContain("[dropped]");
    expect(hidden[0]?.q).toMatchObject({ path: "properties" });
  });

  it("of a dialect is kept in our own form", async () => {
    const call = { type: "track", event: "signup", messageId: "m", properties: { mail: MAIL, plan: "x" } };
    const batch = await readAgain(Buffer.from(JSON.stringify(call)), { dialect: { name: "segment" } }, 0, takeTurns());
    const { items, text } = await takeBatch(batch);
    expect(text).not.toContain(MAIL);
    expect(items[0]?.q).not.toHaveProperty("dialect");
    const kept = JSON.parse(String(items[0]?.q?.raw.text));
    expect(kept).toMatchObject({ event_type: "signup", event_id: "segment:m", properties: { plan: "x" } });
  });

  it("is replayed when its schema takes it: judged but for what was hashed or dropped, and nothing is hashed twice", async () => {
    const properties = { mail: MAIL, person: { mail: MAIL, phone: "1" }, address: "Main Street", plan: "x" };
    const { items } = await takeOne(properties);
    const q = items[0]?.q;
    const again = async () => takeBatch(await readAgain(Buffer.from(String(q?.raw.text)), { ...q }, 0, takeTurns()));
    expect((await again()).items[0]).toHaveProperty("q.code", "schema_mismatch");
    await know({
      signup: { 1: ["active", { ...signup, properties: { ...(signup.properties as object), plan: {} } }] },
    });
    const hashed = await hmacOf(MAIL);
    expect((await again()).items[0]?.e).toMatchObject({
      event_id: "1",
      properties: { mail: hashed, person: { mail: hashed }, address: "Main…", plan: "x" },
    });
    expect((await again()).text).not.toContain("[dropped]");
  });
});

describe("what cannot be read as an event is kept as hash, length and reason, once a type of the org has rules", () => {
  it.each<readonly [string, string, string]>([
    ["no JSON", `{"event_type":"other","mail":"${MAIL}"`, "not_json"],
    ["no object", `"${MAIL}"`, "not_an_object"],
    ["no type", `{"properties":{"mail":"${MAIL}"}}`, "required"],
    ["a type that is none", `{"event_type":" ${MAIL} "}`, "invalid_value"],
    ["two types", `{"event_type":"signup","event_type":"other","properties":{"mail":"${MAIL}"}}`, "repeated_name"],
  ])("%s", async (_, line, code) => {
    const { items, text } = await take(`{"event_type":"other"}\n${line}\n{"event_type":"other"}`);
    expect(text).not.toContain(MAIL);
    const message =
      "it cannot be read as an event, and types of the org have privacy rules: its hash and length are kept";
    const digest = { hash: expect.stringMatching(/^h1\.[\w-]{43}$/), bytes: Buffer.byteLength(line) };
    expect(items[1]).toEqual({ q: { code, path: "", message, raw: { digest } } });
  });

  it("bytes that are no UTF-8, and a line that is too large to be parsed", async () => {
    const line = Buffer.from(`{"event_type":"signup","properties":{"mail":"${MAIL}\xff"}}`, "latin1");
    const long = Buffer.from(`{"event_type":"signup","properties":{"mail":"${MAIL}${"x".repeat(100_000)}"}}`);
    const free = Buffer.from('\n{"event_type":"other"}\n');
    const batch = await parseBody(Buffer.concat([free.subarray(1), line, free, long]), limits, takeTurns());
    const { items, text } = await takeBatch(batch);
    expect(text).not.toContain(MAIL);
    expect(items.map((item) => item.q?.code)).toEqual([...[undefined, "not_utf8", undefined, "too_large"]]);
  });

  it("more values under rules than masking may look at", async () => {
    await know({ signup: { 1: ["active", { properties: { a: { items: hash } } }] } });
    const { items } = await takeOne({ a: Array.from({ length: 2_000 }, (_, i) => `${MAIL}${i}`) });
    expect(items[0]?.q).toMatchObject({ code: "schema_too_costly", raw: { digest: {} } });
  });

  it("an event of a type without rules is kept as it was sent", async () => {
    const { items } = await take('[{"event_type":"other","user_id":7},{"event_type":"other"}]');
    expect(items[0]?.q).toMatchObject({ raw: { text: '{"event_type":"other","user_id":7}' } });
    expect(items[0]?.q).toHaveProperty("message", expect.stringContaining("found the number 7"));
  });
});

describe("the rules of every version in force hold for all events of a type", () => {
  const versions = (status: "active" | "deprecated" | "retired" | "draft"): Versions => ({
    1: [status, { properties: { mail: hash } }],
    2: ["active", { properties: { mail: { "x-pii": "drop" }, name: hash } }],
  });

  it.each(["enforce", "warn", "off"] as const)("whatever version an event names, in the mode %s", async (mode) => {
    await know({ signup: versions("deprecated") }, mode);
    for (const schema_version of [1, 2, 9]) {
      const { text } = await takeOne({ mail: MAIL, name: MAIL }, { schema_version });
      expect(text).not.toContain(MAIL);
    }
  });

  it("the strongest wins; a draft has none yet, and a retired one none any more", async () => {
    const kept = async (status: "active" | "draft" | "retired") => {
      await know({ signup: { 1: [status, { properties: { name: hash } }], 2: ["active", {}] } });
      return (await takeOne({ name: MAIL })).text.includes(MAIL);
    };
    expect([await kept("active"), await kept("draft"), await kept("retired")]).toEqual([false, true, true]);
    await know({ signup: versions("active") });
    expect((await takeOne({ mail: MAIL })).items[0]).not.toHaveProperty("e.properties.mail");
  });
});

it("without the key nothing is taken, and a key that is known is not asked for again", async () => {
  await takeOne({ mail: MAIL });
  vault.away = true;
  expect((await takeOne({ mail: MAIL })).text).not.toContain(MAIL);
  org = { ...org, hashKey: { number: 2, secret: "other", version: "x" } };
  await expect(takeOne({ mail: MAIL })).rejects.toMatchObject({ code: "secrets_unavailable", status: 503 });
  org = { ...org, hashKey: undefined };
  await expect(takeOne({ mail: MAIL })).rejects.toMatchObject({ code: "schemas_unavailable" });
});

it.each([
  ["203.0.113.77", "203.0.113.0"],
  ["2001:db8:1:2::5", "2001:db8:1::"],
  ["::ffff:192.0.2.9", "::ffff:192.0.2.0"],
  ["fe80::1%eth0", "fe80:0:0::"],
  ["jane.doe@example.com", "jane…"],
  ["abc", "a…"],
  ["x", "…"],
  ["💌💌💌💌💌💌💌💌💌💌", "💌💌💌💌…"],
])("%s is cut to %s", (text, cut) => {
  expect(truncate(text)).toBe(cut);
});
