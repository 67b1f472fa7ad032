import { writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { provisionCosmos } from "../../local/launcher/provision.ts";
import { createCosmosIdentityDocuments } from "../../shared/access/documents/cosmos-identity-documents.ts";
import { memberIdOf } from "../../shared/access/documents/person.ts";
import { createKey, revokeKey } from "../../shared/access/keys/keys.ts";
import { parseInvitationToken } from "../../shared/access/members/invitation-token.ts";
import { acceptInvitation } from "../../shared/access/members/invitations.ts";
import { readMember } from "../../shared/access/members/members.ts";
import { createCosmosRevocationStore } from "../../shared/access/revocations/cosmos-revocation-store.ts";
import { makeRefreshToken, makeSessionId } from "../../shared/access/sessions/refresh-token.ts";
import { startSession } from "../../shared/access/sessions/sessions.ts";
import { sealValue } from "../../shared/access/sign-in/sealed-value.ts";
import { makeSigningKey } from "../../shared/access/tokens/secret-signing-keys.ts";
import { packContent } from "../../shared/envelope/content.ts";
import { encodeFrame } from "../../shared/envelope/frame.ts";
import { createCosmosEventStore } from "../../shared/event/cosmos-event-store.ts";
import { signCursor } from "../../shared/http/cursor.ts";
import { roleScopes } from "../../shared/identity/roles.ts";
import { createCosmosJobStore } from "../../shared/jobs/cosmos-job-store.ts";
import { encodeJobMessage } from "../../shared/jobs/job-message.ts";
import { startJob } from "../../shared/jobs/start-job.ts";
import { adjustOutcomes } from "../../shared/ledger/adjust-outcomes.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { makeLedgerEntry } from "../../shared/ledger/ledger-entry.ts";
import { mergeDeltas } from "../../shared/ledger/merge-deltas.ts";
import { settleEntries } from "../../shared/ledger/settle-entries.ts";
import { createCosmosTimerRuns } from "../../shared/operator/cosmos-timer-runs.ts";
import { createCosmosVersionUse } from "../../shared/operator/cosmos-version-use.ts";
import { openOrg } from "../../shared/operator/manage-orgs.ts";
import { quarantineEvent } from "../../shared/pipeline/quarantine-event.ts";
import { encodeWorkItem } from "../../shared/pipeline/work-item.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import { createQuarantine } from "../../shared/quarantine/quarantine.ts";
import { createKeyRing } from "../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../shared/receipt/receipt-id.ts";
import { compileSchema } from "../../shared/schema/judge/compile-schema.ts";
import { columnValue } from "../../shared/schema/promoted/columns-of.ts";
import { createCosmosRegistryStore } from "../../shared/schema/registry/cosmos-registry-store.ts";
import { registerVersion } from "../../shared/schema/registry/register-version.ts";
import { registerBody } from "../../shared/schema/registry/registry-bodies.ts";
import { createHashKeys } from "../../shared/secrets/hash-keys.ts";
import { connectCosmos } from "../../shared/store/cosmos.ts";
import { createCosmosNewerFormats } from "../../shared/store/cosmos-newer-formats.ts";
import { formats } from "../../shared/store/formats.ts";
import { silent } from "../../shared/telemetry/log.ts";
import { createMemorySecretVault } from "./memory-secret-vault.ts";

/**
 * Writes test/fixtures/formats/<release>.json: everything that this release sends, stores and hands out, as bytes or
 * text or document, each made by the release's own code, and what it means. Once for a release, before it goes out, and
 * never again: `node test/support/keep-formats.ts 0.5.0`, then `npm run format`.
 */
const [release = "", folder = "test/fixtures/formats"] = process.argv.slice(2);
if (release === "") throw new RangeError("which release?");

const AT = Date.UTC(2026, 10, 22, 10);
const received_at = new Date(AT).toISOString();
const key = Buffer.from("0123456789abcdef0123456789abcdef");
const keys = createKeyRing([key]);
const keyRings = { current: async () => keys, knowing: async () => keys };
const now = () => AT;
const actor = { subject: "operator:one", clientAddress: "192.0.2.1", requestId: "request-1" };

const event = {
  event_id: "e-1",
  event_type: "ordered",
  timestamp: "2026-11-22T09:30:00.000Z",
  schema_version: 2,
  user_id: "u-1",
  properties: { price: 12.5, 語: ["a", null, true] },
  context: { app: { version: "1.2" } },
  p1: columnValue("ordered", "/price", 12.5),
};
const bad = { code: "invalid_value", path: "event_type", message: "bad", raw: { text: '{"event_type":""}' } } as const;
const items = [{ e: event }, { d: { event_id: "e-1", of: 0 } }, { q: bad }];

const emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:" });
await provisionCosmos(emulator, { getToken: async () => null });
const cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
  throw new Error("it has a key");
});
const { containers } = cosmos;
const documents = createCosmosIdentityDocuments(containers.identity);
const revocations = createCosmosRevocationStore(containers.control, now);

// Identity.
const identity = { listOrgs: async () => [] };
const opened = await openOrg({ documents, identity, revocations, now }, actor, { name: "Fixture" });
const orgId = opened.org_id;
const person = { issuer: "https://id.example", subject: "s-1", label: "Ada" };
const invited = parseInvitationToken(opened.invitation.token);
if (!invited) throw new Error("no invitation");
await acceptInvitation({ documents, now }, actor, invited, person);
const member = await readMember(documents, orgId, memberIdOf(person));
if (!member) throw new Error("no member");
const session = { sessionId: makeSessionId(), provider: "example", clientAgent: "agent" };
const revoke = async () => undefined;
const sessionToken = await startSession({ documents, keyRings, revoke, now }, actor, member.value, session);
const keysDeps = { documents, revoke, now };
const admin = { orgId, subject: member.value.id, scopes: roleScopes.admin, tokenId: "t-0" };
const ended = await createKey(keysDeps, actor, admin, { name: "ended", scopes: ["events:read"] });
await revokeKey(keysDeps, actor, orgId, ended.api_key.key_id);
await revocations.addCutOff({ key: `token ${orgId} t-1`, before: AT, expiresAt: AT + 3_600_000 });
await revocations.setSuspended("elsewhere", true);

// The way of an envelope.
const { receiptId } = mintReceipt(keys, orgId, AT, items.length);
const { body, bytes } = await packContent(items.map((item) => JSON.stringify(item)));
const head = { org_id: orgId, receipt_id: receiptId, events: items.length, bytes };
const blob = `envelopes/${orgId}/${receiptId}`;
const frames = {
  inline: encodeFrame({ kind: "inline", head, body }),
  claim: encodeFrame({ kind: "claim", head, blob, missed: 2 }),
  unreadable: encodeFrame({
    kind: "unreadable",
    source: "event hub partition 0 sequence 7",
    body: Buffer.from("what"),
  }),
};
const events = createCosmosEventStore(containers.events);
const document = { ...event, id: event.event_id, org_id: orgId, received_at, receipt_id: receiptId, index: 0 };
await events.create([document]);
await quarantineEvent(
  events,
  { ...document, id: "gone", event_id: "gone", index: 3 },
  "refused_by_store",
  "413: large",
);
const claims = { put: revoke, get: revoke, delete: revoke, check: revoke };
const quarantine = createQuarantine(createCosmosQuarantineStore(containers.quarantine), claims);
await quarantine.keepItems(orgId, receiptId, [undefined, undefined, bad]);
// After privacy rules, and where they cannot be held to.
const { receiptId: another } = mintReceipt(keys, `${orgId}-rules`, AT, 2);
const ofRules = { code: "wrong_type", path: "user_id", message: "expected a string" } as const;
const digest = { hash: `h1.${"A".repeat(43)}`, bytes: 17 };
await quarantine.keepItems(`${orgId}-rules`, another, [
  { ...ofRules, event_type: "ordered", masked: true, raw: { text: '{"event_type":"ordered","user_id":7}' } },
  { code: "not_json", path: "", message: "it cannot be read", raw: { digest } },
]);
await quarantine.keepEnvelope(orgId, receiptId, "unreadable_envelope", Buffer.from("damaged"));
await quarantine.keepBytes("event hub partition 0 sequence 7", Buffer.from("what"));
const ledger = createCosmosLedgerStore(containers.ledger);
const outcomes = [
  { outcome: "stored", eventType: event.event_type, timestamp: event.timestamp },
  { outcome: "duplicate", code: "repeated_event_id" },
  { outcome: "quarantined", code: "invalid_value" },
] as const;
// One that is in a part, one that is in a head, and one whose delta is open.
const { slot } = makeLedgerEntry(orgId, receiptId, outcomes);
for (const id of [receiptId, ...[1, 2].map(() => mintReceipt(keys, orgId, AT, 3).receiptId)]) {
  await mergeDeltas(ledger, { orgId, slot }, silent, { sealedBytes: 0 });
  await settleEntries(ledger, [{ ...makeLedgerEntry(orgId, id, outcomes), slot }]);
}
await adjustOutcomes(ledger, orgId, [{ receiptId, index: 2, what: "discarded", to: "discarded" }]);
await createCosmosTimerRuns(containers.control).note("sweep-ledger", AT);
await createCosmosNewerFormats(containers.control).note({ format: "frame", version: 9, seenAt: AT });
const use = { lastUsedOn: received_at.slice(0, 10), months: { "2026-11": 2 } };
await createCosmosVersionUse(containers.control).add({ route: "query-events", orgId, ...use });

// The registry. Of the line of the trail nothing is left once it is told.
const registry = createCosmosRegistryStore(containers.registry);
const marks = { isMarked: async () => false, mark: revoke };
const hashKeys = createHashKeys(createMemorySecretVault(now), now);
const registryDeps = { store: registry, compile: compileSchema, hashKeys, marks, tell: revoke, now };
const schema = { type: "object", properties: { price: { type: "number" }, mail: { "x-pii": "hash" } } };
const contract = {
  ...registerBody.parse({ event_type: event.event_type, version: 1, schema, type: { promote: ["/price"] } }),
  examples: [{ price: 1 }],
};
await registerVersion({ ...registryDeps, tell: () => Promise.reject(new Error("away")) }, actor, orgId, contract).catch(
  () => undefined,
);

// Jobs.
const jobDeps = { jobs: createCosmosJobStore(containers.jobs), put: revoke, tell: revoke, now };
const parameters = { reason: "a test", to: received_at };
const job = await startJob(jobDeps, actor, orgId, { kind: "discard-quarantined", parameters, total: 3 });
const jobMessage = { attempt: 2, step: 7, orgId, jobId: job.id };

// What clients hold, and secrets.
const position = { timestamp: event.timestamp, id: event.event_id };
const refresh = makeRefreshToken(keys, orgId, makeSessionId());
const signingKey = await makeSigningKey();
const tags = { v: String(formats.secret.writes) };

async function dump(name: keyof typeof containers): Promise<unknown[]> {
  const { resources } = await containers[name].items.query("SELECT * FROM c", { maxItemCount: 1000 }).fetchAll();
  return resources.map(({ _rid, _self, _etag, _attachments, _ts, ...own }) => own);
}

const kept = {
  release,
  org_id: orgId,
  receipt_key: key.toString("base64url"),
  frames: Object.entries(frames).map(([kind, encoded]) => ({
    base64: encoded.toString("base64"),
    means: {
      inline: { kind, head, items },
      claim: { kind, head, blob, missed: 2 },
      unreadable: { kind, source: "event hub partition 0 sequence 7", text: "what" },
    }[kind],
  })),
  work_item: { text: encodeWorkItem(4, Object.values(frames)), means: { attempt: 4, kinds: Object.keys(frames) } },
  job_message: { text: encodeJobMessage(jobMessage), means: jobMessage },
  receipt: { text: receiptId, means: { receivedAt: AT, events: 3 } },
  cursor: { text: signCursor(keys, orgId, "filters", position), filters: "filters", means: position },
  refresh_token: { text: refresh.token },
  cookie: { text: await sealValue(keyRings as never, "sign-in", { state: "s" }, 9e15), means: { state: "s" } },
  session: { token: sessionToken, id: session.sessionId, member_id: member.value.member_id },
  api_key: opened.api_key.key,
  secrets: {
    "receipt-key": { value: key.toString("base64url"), tags },
    "token-signing-key": { value: signingKey.value, tags: { ...signingKey.tags, ...tags } },
  },
  documents: Object.fromEntries(
    await Promise.all(
      (["events", "ledger", "quarantine", "registry", "jobs", "identity", "control"] as const).map(async (name) => [
        name,
        await dump(name),
      ]),
    ),
  ),
};
writeFileSync(join(folder, `${release}.json`), `${JSON.stringify(kept, null, 2)}\n`);
cosmos.close();
await emulator.close();
