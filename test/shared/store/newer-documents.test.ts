import { randomBytes } from "node:crypto";
import type { Container } from "@azure/cosmos";
import { beforeEach, describe, expect, it } from "vitest";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import type { Kind } from "../../../shared/access/documents/identity-documents.ts";
import { makeApiKey } from "../../../shared/access/keys/api-key.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { packContent } from "../../../shared/envelope/content.ts";
import { encodeFrame } from "../../../shared/envelope/frame.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { signCursor, verifyCursor } from "../../../shared/http/cursor.ts";
import type { Principal } from "../../../shared/identity/principal.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { makeLedgerEntry } from "../../../shared/ledger/ledger-entry.ts";
import { mergeEntries } from "../../../shared/ledger/merge-entries.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { createCosmosTimerRuns } from "../../../shared/operator/cosmos-timer-runs.ts";
import { createCosmosVersionUse } from "../../../shared/operator/cosmos-version-use.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { queryReceipt } from "../../../shared/query/query-receipt.ts";
import { createKeyRing, type KeyRing, purposeOf } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt, verifyReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createMemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import { createKeyRings, RECEIPT_KEY_SECRET } from "../../../shared/secrets/key-rings.ts";
import { createSecretHolder } from "../../../shared/secrets/secret-holder.ts";
import type { Containers } from "../../../shared/store/cosmos.ts";
import { createCosmosNewerFormats } from "../../../shared/store/cosmos-newer-formats.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { connectKeys } from "../../support/connect-keys.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemorySecretVault } from "../../support/memory-secret-vault.ts";
import { createMemoryWorkQueue } from "../../support/memory-work-queue.ts";
import { createOlderLedger, toOlderEntry } from "../../support/older-ledger.ts";

const keys = createKeyRing([randomBytes(32)]);
const NOW = Date.now();
const hour = Math.floor(NOW / 3_600_000);
const unavailable = { code: "store_unavailable" };
const event = { event_id: "x", event_type: "t", timestamp: new Date(NOW).toISOString() };

let containers: Containers;
beforeEach(async () => {
  containers = (await startCosmosAccount()).cosmos.containers;
});

const read = async (container: Container, id: string, key: string | string[]) =>
  (await container.item(id, key).read<Record<string, unknown>>()).resource;

describe("a document of a newer release", () => {
  it("in `events` is given with what it has, and decides nothing: an event with its id waits for that release", async () => {
    const events = createCosmosEventStore(containers.events);
    const newer = { ...event, id: "x", org_id: "a", receipt_id: "of a newer release", index: 0, v: 2, shard: 7 };
    await containers.events.items.create(newer);
    expect(await events.read("a", "x")).toEqual(newer);
    const range = { from: "0000", to: "A", limit: 10 };
    expect(await events.query("a", range)).toMatchObject({ events: [newer], complete: true });

    const { receiptId } = mintReceipt(keys, "a", NOW, 2);
    const items = ["x", "y"].map((event_id) => JSON.stringify({ e: { ...event, event_id } }));
    const { body, bytes } = await packContent(items);
    const head = { org_id: "a", receipt_id: receiptId, events: 2, bytes };
    const queue = createMemoryWorkQueue();
    const ledger = createCosmosLedgerStore(containers.ledger);
    const quarantine = createCosmosQuarantineStore(containers.quarantine);
    const memory = createMemoryBudget(1024 * 1024);
    const rest = { claims: createMemoryClaimStore(), queue, memory, tellNewer: async () => undefined };
    const deps = { events, ledger, quarantine, ...rest };
    for (const tries of [1, 5])
      await persistWorkItem(deps, encodeWorkItem(0, [encodeFrame({ kind: "inline", head, body })]), tries, silent);
    expect(queue.messages).toHaveLength(2);
    expect(await queryReceipt({ ledger, keys }, { orgId: "a" } as Principal, receiptId)).toMatchObject({
      status: "pending",
    });
    expect(await read(containers.events, "x", ["a", "x"])).toMatchObject(newer);
    expect(await read(containers.events, "y", ["a", "y"])).toMatchObject({ v: 1 });
  });

  describe("in `ledger`", () => {
    const entry = () => {
      const { receiptId } = mintReceipt(keys, "a", NOW, 1);
      return makeLedgerEntry("a", receiptId, [{ outcome: "stored", eventType: "t", timestamp: event.timestamp }]);
    };
    const account = () =>
      readAccount(createCosmosLedgerStore(containers.ledger), "a", { by: "receipt", from: hour, to: hour + 1 });
    const merge = () => mergeEntries(createCosmosLedgerStore(containers.ledger), Date.now() + 60_000, silent);

    it("as an entry is merged by nobody and counted by nobody; its receipt can be told by that release alone", async () => {
      const ledger = createCosmosLedgerStore(containers.ledger);
      const newer = { ...toOlderEntry(entry()), v: 2 };
      const known = toOlderEntry(entry());
      await containers.ledger.items.create(newer);
      await createOlderLedger(containers.ledger).createEntry(known);
      expect(await merge()).toBe(1);
      expect(await read(containers.ledger, newer.id, ["a", newer.slot])).toMatchObject(newer);
      await expect(account()).rejects.toMatchObject(unavailable);
      const principal = { orgId: "a" } as Principal;
      await expect(queryReceipt({ ledger, keys }, principal, newer.id)).rejects.toMatchObject(unavailable);
      expect(await queryReceipt({ ledger, keys }, principal, known.id)).toMatchObject({ stored: 1 });
    });

    it("as a rollup takes nothing up and is counted by nobody; what is open stays so", async () => {
      const ledger = createOlderLedger(containers.ledger);
      const first = toOlderEntry(entry());
      await ledger.createEntry(first);
      expect(await merge()).toBe(1);
      const rollup = await read(containers.ledger, "rollup.0", ["a", first.slot]);
      expect(rollup).toMatchObject({ v: 1 });
      await containers.ledger.items.upsert({ ...rollup, v: 2 });
      await ledger.createEntry({ ...toOlderEntry(entry()), slot: first.slot });
      expect(await merge()).toBe(0);
      expect(await read(containers.ledger, "rollup.0", ["a", first.slot])).toMatchObject({ seq: 1, v: 2 });
      await expect(account()).rejects.toMatchObject(unavailable);
    });
  });

  it("in `quarantine` is given with what it has, and stays as it is", async () => {
    const store = createCosmosQuarantineStore(containers.quarantine);
    const document = { id: "r:0", org_id: "a", receipt_id: "r", index: 0, received_at: event.timestamp } as const;
    const newer = { ...document, code: "invalid_value", path: "", message: "", raw: { cbor: "…" }, v: 2 };
    await containers.quarantine.items.create(newer);
    expect(await store.create([{ ...document, code: "not_json", path: "", message: "", raw: { text: "" } }])).toEqual([
      { status: "conflict" },
    ]);
    expect(await store.read("a", "r:0")).toMatchObject(newer);
  });

  it.each<Kind>(["org", "org_state", "member", "invitation", "session", "api_key", "ended_key", "person"])(
    "in `identity`, of kind %s, lets nobody in and keeps nobody out: it cannot be told",
    async (kind) => {
      const documents = createCosmosIdentityDocuments(containers.identity);
      await containers.identity.items.create({ id: "one", org_id: "a", kind, member_id: "m", v: 2 });
      await expect(documents.read(kind, "a", "one")).rejects.toMatchObject(unavailable);
      await expect(documents.list(kind, "a")).rejects.toMatchObject(unavailable);
      if (kind === "session") await expect(documents.listSessions("a", "m")).rejects.toMatchObject(unavailable);
    },
  );

  it("in `identity`, as a line of the audit trail, is shown", async () => {
    const line = { id: "audit:1", org_id: "a", kind: "audit", timestamp: event.timestamp, action: "org.moved", v: 2 };
    await containers.identity.items.create(line);
    expect(await createCosmosIdentityDocuments(containers.identity).findAudit("a", { limit: 9 })).toEqual([line]);
  });

  /** An org whose state does not have these keys, as none has what its maker could not read. */
  const openOrg = async (stored: readonly object[]) => {
    const org = { id: "org", org_id: "a", kind: "org", name: "A", created_at: event.timestamp };
    const made = stored.map((changes) => ({ ...makeApiKey("a"), changes }));
    await containers.identity.items.create(org);
    for (const { keyId, hash, changes } of made) {
      const key = { id: `key:${keyId}`, org_id: "a", kind: "api_key", key_id: keyId, hash, scopes: ["events:read"] };
      await containers.identity.items.create({ ...key, created_at: event.timestamp, ...changes });
    }
    return made.map(({ key }) => key);
  };

  it("in `identity`, as an API key, is refused as what cannot be checked now, and no other key with it", async () => {
    const [whole = ""] = await openOrg([{}]);
    const verify = createVerifyApiKey(connectKeys(containers.identity), { refreshMs: 1_000 });
    expect(await verify(whole)).toMatchObject({ key: { orgId: "a" } });
    const { key, keyId, hash } = makeApiKey("a");
    await containers.identity.items.create({
      id: `key:${keyId}`,
      org_id: "a",
      kind: "api_key",
      hash,
      scopes: [],
      v: 2,
    });
    await expect(verify(key)).rejects.toMatchObject({ code: "identity_unavailable" });
    expect(await verify(whole)).toMatchObject({ key: { orgId: "a" } });
  });

  it.each([
    ["no hash", { hash: undefined }],
    ["a hash that is no text", { hash: 7 }],
    ["no scopes", { scopes: undefined }],
    ["scopes that are no list", { scopes: "events:read" }],
    ["an end that is no time", { expires_at: "soon" }],
    ["another end that is no time", { revoked_at: true }],
  ])(
    "in `identity`, as an API key that is damaged, with %s, is 503, and no other key with it",
    async (_name, damage) => {
      const [whole = "", damaged = ""] = await openOrg([{}, damage]);
      const verify = createVerifyApiKey(connectKeys(containers.identity), { refreshMs: 1_000 });
      expect(await verify(whole)).toMatchObject({ key: { orgId: "a" } });
      // However often it is tried: nobody throws it away for a 401.
      for (let i = 0; i < 9; i++)
        await expect(verify(damaged)).rejects.toMatchObject({ code: "identity_unavailable", retryAfter: 10 });
    },
  );

  it("in `control` ends what it says, or, where that cannot be told, everything", async () => {
    const store = createCosmosRevocationStore(containers.control);
    const cutOff = { id: "cut-off:1", kind: "cut-off", key: "token a t", before: NOW, expires_at: NOW + 1_000, v: 2 };
    await containers.control.items.create(cutOff);
    expect((await store.readChanges(undefined)).changes).toMatchObject([{ kind: "cut-off", key: "token a t" }]);
    await containers.control.items.create({ id: "cut-off:2", kind: "cut-off", keys: ["token a t"], v: 2 });
    await expect(store.readChanges(undefined)).rejects.toMatchObject(unavailable);
  });

  it("in `control` is not written over", async () => {
    const runs = createCosmosTimerRuns(containers.control);
    await containers.control.items.create({ id: "timer:sweep-ledger", kind: "timer", ran: "then", v: 2 });
    await expect(runs.note("sweep-ledger", NOW)).rejects.toMatchObject(unavailable);
    await expect(runs.read("sweep-ledger")).rejects.toMatchObject(unavailable);
    await containers.control.items.create({
      id: "suspension:a",
      kind: "suspension",
      org_id: "a",
      suspended: true,
      v: 2,
    });
    const store = createCosmosRevocationStore(containers.control);
    await expect(store.setSuspended("a", false)).rejects.toMatchObject(unavailable);
    await containers.control.items.create({ id: "newer-format:frame:9", kind: "newer-format", what: 1, v: 2 });
    expect(await createCosmosNewerFormats(containers.control).list()).toEqual([]);
    const use = createCosmosVersionUse(containers.control);
    const id = "version-use:query-events:a";
    await containers.control.items.create({ id, kind: "version-use", weeks: {}, v: 2 });
    expect(await use.list()).toEqual([]);
    const more = { route: "query-events", orgId: "a", lastUsedOn: "2026-11-30", months: { "2026-11": 1 } };
    await expect(use.add(more)).rejects.toMatchObject(unavailable);
    expect(await read(containers.control, id, id)).toMatchObject({ weeks: {}, v: 2 });
  });
});

describe("members that this release does not know", () => {
  it("stay in a document of the identity, a rollup, a suspension and a timer that are written again", async () => {
    const documents = createCosmosIdentityDocuments(containers.identity);
    await containers.identity.items.create({ id: "org", org_id: "a", kind: "org", name: "A", created_at: "", tier: 1 });
    const org = await documents.read("org", "a", "org");
    if (org) await documents.commit("a", [{ replace: { ...org.value, admins: ["m"] }, etag: org.etag }]);
    expect(await read(containers.identity, "org", "a")).toMatchObject({ tier: 1, admins: ["m"], v: 1 });

    const store = createCosmosRevocationStore(containers.control);
    const suspension = {
      id: "suspension:a",
      kind: "suspension",
      org_id: "a",
      suspended: false,
      ttl: 900,
      why: "unpaid",
    };
    await containers.control.items.create(suspension);
    await store.setSuspended("a", true);
    const written = await read(containers.control, "suspension:a", "suspension:a");
    expect(written).toMatchObject({ suspended: true, why: "unpaid", v: 1 });
    expect(written).not.toHaveProperty("ttl");
    await containers.control.items.create({ id: "timer:sweep-ledger", kind: "timer", ran_at: 1, by: "node 7" });
    await createCosmosTimerRuns(containers.control).note("sweep-ledger", 2);
    const timer = await read(containers.control, "timer:sweep-ledger", "timer:sweep-ledger");
    expect(timer).toMatchObject({ ran_at: 2, by: "node 7" });
  });
});

describe("what a client got from a newer release", () => {
  const raise = (signed: string): string => {
    const bytes = Buffer.from(signed, "base64url");
    bytes[0] = 2;
    return bytes.toString("base64url");
  };

  /** The MAC covers the version. */
  const next: KeyRing = { ...keys, sign: (purpose, ...rest) => keys.sign(purposeOf(purpose, 2), ...rest) };

  it("as a receipt is told from a forged and from a changed one: it cannot be told now", () => {
    const receipt = raise(mintReceipt(next, "a", NOW, 1).receiptId);
    expect(() => verifyReceipt(keys, "a", receipt)).toThrow(expect.objectContaining(unavailable));
    expect(verifyReceipt(keys, "b", receipt)).toBeUndefined();
    expect(verifyReceipt(keys, "a", raise(mintReceipt(keys, "a", NOW, 1).receiptId))).toBeUndefined();
    expect(verifyReceipt(keys, "a", raise(randomBytes(37).toString("base64url")))).toBeUndefined();
  });

  it("as a cursor is told from a forged and from a changed one: it cannot be told now", () => {
    const position = { timestamp: event.timestamp, id: "x" };
    const cursor = raise(signCursor(next, "a", "f", position));
    expect(() => verifyCursor(keys, "a", "f", cursor)).toThrow(expect.objectContaining(unavailable));
    const invalid = expect.objectContaining({ code: "invalid_cursor" });
    expect(() => verifyCursor(keys, "b", "f", cursor)).toThrow(invalid);
    expect(() => verifyCursor(keys, "a", "f", raise(signCursor(keys, "a", "f", position)))).toThrow(invalid);
  });

  it("as a receipt signed by a key that this release cannot read is not told to be unknown", async () => {
    const vault = createMemorySecretVault(Date.now);
    await vault.addVersion(RECEIPT_KEY_SECRET, randomBytes(32).toString("base64url"), { notBefore: 0 });
    await vault.addVersion(RECEIPT_KEY_SECRET, "of another form", { notBefore: 0, tags: { v: "2" } });
    const keyRings = createKeyRings(createSecretHolder(vault, { cacheMs: 60_000 }));
    const { receiptId } = mintReceipt(keys, "a", NOW, 1);
    await expect(keyRings.knowing(receiptId)).rejects.toMatchObject({ code: "secrets_unavailable" });
    const own = mintReceipt(await keyRings.current(), "a", NOW, 1).receiptId;
    expect(verifyReceipt(await keyRings.knowing(own), "a", own)).toMatchObject({ events: 1 });
  });
});
