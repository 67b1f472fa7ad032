import { randomBytes } from "node:crypto";
import { EventHubConsumerClient, EventHubProducerClient } from "@azure/event-hubs";
import { describe, expect, it, onTestFinished } from "vitest";
import { accessOf } from "../../local/launcher/product-access.ts";
import { packContent, unpackContent } from "../../shared/envelope/content.ts";
import { decodeFrame, encodeFrame } from "../../shared/envelope/frame.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { createKeyVaultSecretVault } from "../../shared/secrets/key-vault-secret-vault.ts";
import { queryAll, sql } from "../../shared/store/cosmos.ts";
import { eventHub } from "../../shared/store/resources.ts";
import { findWritten } from "../support/find-written.ts";
import { addMember, callAs, enter } from "../support/people.ts";
import {
  cosmos,
  identity,
  type Json,
  makeOrg,
  product,
  readReceiptKeys,
  request,
  running,
  type TestOrg,
  until,
} from "../support/product.ts";

const hash = { "x-pii": "hash" };
const schema = {
  properties: {
    mail: { type: "string", format: "email", ...hash },
    person: { properties: { mail: hash } },
    list: { items: { properties: { mail: hash } } },
    notes: { "x-pii": "drop" },
    cut: { type: "string", "x-pii": "truncate" },
    plan: { enum: ["free", "paid"] },
  },
};

const SCHEMAS = "/api/v1/schemas";

async function registerRules({ orgId }: TestOrg): Promise<void> {
  const { key } = await identity.makeApiKey(orgId, ["schemas:write"]);
  const body = { event_type: "signup", version: 1, schema, type: { mode: "enforce" } };
  expect((await callAs(key, "POST", SCHEMAS, body)).status).toBe(201);
}

/** Posts events until one is stored with a hash that begins so: what an instance knows is up to half a minute old. */
async function untilHashed(org: TestOrg, begin: string): Promise<Json> {
  return until(async () => {
    const event_id = `probe-${randomBytes(6).toString("hex")}`;
    const { status, body } = await org.post({
      event_id,
      event_type: "signup",
      properties: { mail: "probe@example.com" },
    });
    if (status === 503) return undefined;
    await org.settled(body.receipt_id);
    const { event } = (await org.get(`/api/v1/events/${event_id}`)).body as { event: { properties: Json } };
    return String(event.properties.mail).startsWith(begin) ? event.properties : undefined;
  }, 60_000);
}

const addresses = 1_000;

/** 1,000 addresses that nothing else has: `u0001.<mark>@example.com`. */
function makeAddresses() {
  const mark = randomBytes(8).toString("hex");
  const mailOf = (i: number): string => `u${String(i).padStart(4, "0")}.${mark}@example.com`;
  const some = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => mailOf(from + i));
  return { mark, some, pattern: new RegExp(`u\\d{4}\\.${mark}@example\\.com`) };
}

const everywhere = (mail: string) => ({ mail, person: { mail }, list: [{ mail }], notes: mail, cut: mail });
const signup = (mail: string, rest: object = {}) => ({
  event_id: `e-${mail.slice(0, 5)}`,
  event_type: "signup",
  properties: everywhere(mail),
  ...rest,
});

const free = { event_type: "free" };
const textOf = (mail: string): string => JSON.stringify(signup(mail));
const tooLarge = (mail: string) => signup(mail, { properties: { ...everywhere(mail), noise: "x".repeat(300_000) } });
const track = (mail: string, rest: object = {}) => ({
  ...{ type: "track", event: "signup", messageId: mail.slice(0, 5), userId: "x" },
  properties: { ...everywhere(mail), ...rest },
});

type Some = (from: number, to: number) => string[];
type Send = (path: string, body: string | Uint8Array<ArrayBuffer>, headers?: Record<string, string>) => Promise<void>;

const sendFor =
  (org: TestOrg): Send =>
  async (path, body, headers = {}) => {
    const authorization = `Bearer ${org.key}`;
    const sent = await request(path, { method: "POST", body, headers: { authorization, ...headers } });
    expect([path, sent.status, sent.body.code]).toEqual([path, expect.toBeOneOf([200, 202]), undefined]);
    if (sent.body.receipt_id !== undefined) await org.settled(sent.body.receipt_id);
  };

async function sendFitting(send: Send, some: Some): Promise<void> {
  const own = (events: unknown, headers?: Record<string, string>) =>
    send("/api/v1/events", JSON.stringify(events), headers);
  await own(some(0, 150).map((mail) => signup(mail)));
  await own({ events: some(150, 250).map((mail) => signup(mail)), context: { app: "x" } });
  // Over what goes into a message of the hub: in a blob meanwhile.
  const noise = (): string => randomBytes(600).toString("hex");
  await own(some(250, 300).map((mail) => signup(mail, { properties: { ...everywhere(mail), noise: noise() } })));
  const withoutIds = some(300, 350).map((mail) => ({ event_type: "signup", properties: everywhere(mail) }));
  await own(withoutIds, { "idempotency-key": "k" });
  await send("/v1/batch", JSON.stringify({ batch: some(350, 400).map((mail) => track(mail)) }));
  const record = (stringValue: string) => ({
    ...{ timeUnixNano: `${Date.now()}000000`, eventName: "signup" },
    attributes: [{ key: "mail", value: { stringValue } }],
  });
  const logs = { resourceLogs: [{ scopeLogs: [{ logRecords: some(400, 450).map(record) }] }] };
  await send("/v1/logs", JSON.stringify(logs), { "content-type": "application/json" });
  const cloud = (mail: string) => ({
    ...{ specversion: "1.0", id: mail.slice(0, 5), source: "/x", type: "signup", data: everywhere(mail) },
  });
  await own(some(450, 500).map(cloud), { "content-type": "application/cloudevents-batch+json" });
}

async function sendUnfit(send: Send, some: Some): Promise<void> {
  const own = (events: object[]) => send("/api/v1/events", JSON.stringify([...events, free]));
  await own(some(500, 580).map((mail) => signup(mail, { properties: { ...everywhere(mail), plan: "x" } })));
  await own(some(580, 620).map((mail) => signup(mail, { schema_version: 9 })));
  await own(some(620, 640).map((mail) => signup(mail, { timestamp: "soon" })));
  await own(some(640, 660).map((mail) => signup(mail, { properties: mail })));
  await own(some(660, 680).map((mail) => signup(mail, { mail })));
  await own(some(680, 690).map((mail) => signup(mail, { properties: { person: mail, plan: "x" } })));
  const texts = (events: string[]) => send("/api/v1/events", `[${[...events, JSON.stringify(free)]}]`);
  await texts(some(690, 700).map((mail) => textOf(mail).replace("{", '{"properties":{},')));
  await texts(some(700, 710).map((mail) => textOf(mail).replace('"cut"', '"n":12345678901234567890,"cut"')));
  await send("/v1/batch", JSON.stringify({ batch: some(710, 750).map((mail) => track(mail, { plan: "x" })) }));
  await own(some(750, 755).map(tooLarge));
}

async function sendUnreadable(send: Send, some: Some): Promise<void> {
  const lines = [
    JSON.stringify(free),
    ...some(755, 790).map((mail) => textOf(mail).slice(0, -1)),
    ...some(790, 820).map((mail) => JSON.stringify(mail)),
    ...some(820, 845).map((mail) => JSON.stringify({ ...signup(mail), event_type: undefined })),
    ...some(845, 847).map((mail) => JSON.stringify(tooLarge(mail))),
    ...some(847, 850).map((mail) => textOf(mail).replace("{", '{"event_type":"free",')),
    ...some(850, 875).map((mail) => textOf(mail).replace(mail, `${mail}\xff`)),
  ];
  await send("/api/v1/events", Buffer.from(lines.join("\n"), "latin1"));
}

/** Sends each address once or more, in every way that there is, and waits until all of it has come to rest. */
async function sendAll(org: TestOrg, some: Some): Promise<void> {
  const send = sendFor(org);
  await sendFitting(send, some);
  await sendUnfit(send, some);
  await sendUnreadable(send, some);
  const { body } = await org.post(some(875, addresses).map((mail) => signup(mail)));
  await org.settled(body.receipt_id);
  await poison(org, String(body.receipt_id));
  // A document for each, one for the spoiled envelope, and one more for what the store refused: it has a tombstone too.
  const documents = addresses + 10 + 1 + 125 + 1;
  await until(async () => {
    const count = (await countOf(org, "events")) + (await countOf(org, "quarantine"));
    return count >= documents ? true : undefined;
  }, 40_000);
}

async function countOf({ orgId }: TestOrg, container: "events" | "quarantine"): Promise<number> {
  const query = sql("SELECT VALUE COUNT(1) FROM c WHERE c.org_id = @org", { org: orgId });
  const [count] = await queryAll<number>(cosmos.containers[container], query);
  return count ?? 0;
}

/**
 * Sends what ingest has published again, under receipts of its own: with spoiled bytes, with an event that the store
 * refuses, and as a message that nobody can read.
 */
async function poison({ orgId, settled }: TestOrg, receiptId: string): Promise<void> {
  const frame = decodeFrame(await readHub(receiptId));
  if (frame.kind !== "inline") throw new Error(`the frame is ${frame.kind}`);
  const keys = await readReceiptKeys();
  const [items, count] = [(await unpackContent(frame.body)) as { e: Json }[], frame.head.events];
  const head = () => ({ ...frame.head, receipt_id: mintReceipt(keys, orgId, Date.now(), count).receiptId });
  const spoiled = Buffer.from(frame.body);
  spoiled.fill(0, spoiled.length - 40);
  // Over what a document may have, and packed still less than what a message of the hub may.
  const noise = "x".repeat(2_400_000);
  const refused = items.map(({ e }, i) => ({
    e: { ...e, event_id: `p-${i}`, properties: { ...(e.properties as Json), ...(i === 0 && { noise }) } },
  }));
  const packed = await packContent(refused.map((item) => JSON.stringify(item)));
  const frames = [
    { kind: "inline", head: head(), body: spoiled } as const,
    { kind: "inline", head: { ...head(), bytes: packed.bytes }, body: packed.body } as const,
  ];
  const producer = new EventHubProducerClient(product.env.EventHubConnection ?? "", product.env.EVENT_HUB_NAME ?? "");
  onTestFinished(() => producer.close());
  const unreadable = encodeFrame(frame).fill(0, 0, 12);
  for (const body of [...frames.map((one) => encodeFrame(one)), unreadable]) await producer.sendBatch([{ body }]);
  for (const one of frames) expect((await settled(one.head.receipt_id)).quarantined).toBeGreaterThan(0);
}

/** The message of the hub that has a request's events. */
async function readHub(receiptId: string): Promise<Buffer> {
  const { EventHubConnection: connection = "", EVENT_HUB_NAME: hub = "" } = product.env;
  const consumer = new EventHubConsumerClient(eventHub.consumerGroups.account, connection, hub);
  const found = Promise.withResolvers<Buffer>();
  const subscription = consumer.subscribe(
    {
      processEvents: async (events) => {
        for (const { body } of events) if (Buffer.isBuffer(body) && body.includes(receiptId)) found.resolve(body);
      },
      processError: async (error) => found.reject(error),
    },
    { startPosition: { enqueuedOn: Date.now() - 60_000 } },
  );
  try {
    return await found.promise;
  } finally {
    await subscription.close();
    await consumer.close();
  }
}

describe("1,000 addresses in events that fit, do not fit, cannot be read and are poisoned", () => {
  it("under rules: not one is in any store, blob, queue, hub or log", async () => {
    const org = await makeOrg();
    await registerRules(org);
    await untilHashed(org, "h1.");
    const { mark, some, pattern } = makeAddresses();
    await sendAll(org, some);
    expect([...(await findWritten(product.stateDir, { mark, pattern }))]).toEqual([]);
  });

  it("without rules the same search finds each of them", async () => {
    const org = await makeOrg();
    const { mark, some, pattern } = makeAddresses();
    await sendAll(org, some);
    const found = await findWritten(product.stateDir, { mark, pattern });
    expect(some(0, addresses).filter((mail) => !found.has(mail))).toEqual([]);
    // In the hub, the store and what cannot be read, at least.
    expect(new Set([...found.values()].flatMap((files) => [...files])).size).toBeGreaterThan(2);
  });
});

describe("what an org has under rules", () => {
  it("is hashed by a key that an admin ends; what comes later is hashed by the next one, and the old one is gone", async () => {
    const org = await makeOrg();
    await registerRules(org);
    const before = await untilHashed(org, "h1.");
    await addMember(org.orgId, "ada", "admin");
    const ada = await enter("ada", org.orgId);
    expect((await ada.call("GET", SCHEMAS)).body.hash_key).toBe(1);
    const end = (number: number) => ({ end_hash_key: { number, reason: "over" } });
    // A key may manage schemas, and not end this.
    const { key } = await identity.makeApiKey(org.orgId, ["schemas:manage"]);
    expect((await callAs(key, "PATCH", SCHEMAS, end(1))).body.code).toBe("scope_missing");
    expect((await ada.call("PATCH", SCHEMAS, end(2))).body.code).toBe("schema_not_found");
    for (let i = 0; i < 2; i++) {
      const { status, body } = await ada.call("PATCH", SCHEMAS, end(1));
      expect([status, body]).toEqual([200, expect.objectContaining({ strict: false, hash_key: 2 })]);
    }
    const after = await untilHashed(org, "h2.");
    expect(String(after.mail).slice(3)).not.toBe(String(before.mail).slice(3));
    const stored = await cosmos.containers.registry.item("schemas", org.orgId).read<Json>();
    const secret = String((stored.resource?.hash_key as Json | undefined)?.secret);
    const vault = createKeyVaultSecretVault(running.config.keyVault, accessOf(product.env).credential());
    expect(await vault.listVersions(secret)).toHaveLength(1);
    expect(await vault.listVersions(secret.replace(/2$/, "1"))).toEqual([]);
    const told = (await ada.call("GET", "/api/v1/audit?action=schema_settings.changed")).body.entries as Json[];
    expect(told).toEqual([expect.objectContaining({ details: { ended_hash_key: 1, reason: "over" } })]);
  });

  it("ends with no version that is retired by the way: an admin must say so", async () => {
    const org = await makeOrg();
    await registerRules(org);
    await addMember(org.orgId, "ada", "admin");
    const ada = await enter("ada", org.orgId);
    const retire = { event_type: "signup", version: 1, status: "retired" };
    const refused = await ada.call("PATCH", `${SCHEMAS}/version`, retire);
    expect([refused.status, refused.body.code]).toEqual([409, "schema_incompatible"]);
    const breaks = refused.body.breaks as Json[];
    expect(breaks.map(({ kind, pointer }) => `${kind} ${pointer}`)).toContain("privacy_rule_ended /properties/mail");
    const next = { event_type: "signup", version: 2, schema, description: "the same" };
    expect((await ada.call("POST", SCHEMAS, next)).status).toBe(201);
    expect((await ada.call("PATCH", `${SCHEMAS}/version`, retire)).status).toBe(200);
    const last = { ...retire, version: 2 };
    expect((await ada.call("PATCH", `${SCHEMAS}/version`, last)).status).toBe(409);
    const forced = await ada.call("PATCH", `${SCHEMAS}/version`, { ...last, force: { reason: "no persons any more" } });
    expect([forced.status, forced.body.forced]).toEqual([200, "no persons any more"]);
  });

  it("waits in quarantine after its rules, and what cannot be read as a digest", async () => {
    const org = await makeOrg();
    await registerRules(org);
    await untilHashed(org, "h1.");
    const bad = {
      event_id: "bad",
      event_type: "signup",
      properties: { mail: "ada@example.com", notes: "x", plan: "x" },
    };
    const { body } = await org.post(`${JSON.stringify(bad)}\n"ada@example.com"\n`);
    await org.settled(body.receipt_id);
    const read = async (index: number) => (await org.get(`/api/v1/quarantine/${body.receipt_id}:${index}`)).body;
    expect(await read(0)).toMatchObject({
      code: "schema_mismatch",
      event: { as: "masked", text: expect.stringMatching(/"mail":"h1\.[\w-]{43}","notes":"\[dropped\]","plan":"x"/) },
    });
    expect(await read(1)).toMatchObject({
      ...{ code: "not_an_object", event: null },
      digest: { hash: expect.stringMatching(/^h1\./), bytes: 17 },
    });
  });
});
