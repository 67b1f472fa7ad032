import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { createCosmosIdentityDocuments } from "../../../shared/access/documents/cosmos-identity-documents.ts";
import { createVerifyApiKey } from "../../../shared/access/keys/verify-api-key.ts";
import { createCosmosRevocationStore } from "../../../shared/access/revocations/cosmos-revocation-store.ts";
import { parseRefreshToken, wasOurs } from "../../../shared/access/sessions/refresh-token.ts";
import { openValue } from "../../../shared/access/sign-in/sealed-value.ts";
import { createSigningKeys } from "../../../shared/access/tokens/secret-signing-keys.ts";
import { unpackContent } from "../../../shared/envelope/content.ts";
import { decodeFrame, type Frame } from "../../../shared/envelope/frame.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { verifyCursor } from "../../../shared/http/cursor.ts";
import { createCosmosJobStore } from "../../../shared/jobs/cosmos-job-store.ts";
import { decodeJobMessage } from "../../../shared/jobs/job-message.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import type { LedgerStore } from "../../../shared/ledger/ledger-store.ts";
import { nameOutcomes } from "../../../shared/ledger/outcome-counts.ts";
import { readAccount } from "../../../shared/ledger/read-account.ts";
import { createSweepLedger } from "../../../shared/ledger/sweep-ledger.ts";
import { createCosmosTimerRuns } from "../../../shared/operator/cosmos-timer-runs.ts";
import { createCosmosVersionUse } from "../../../shared/operator/cosmos-version-use.ts";
import type { TimerName } from "../../../shared/operator/timer-runs.ts";
import { decodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { verifyReceipt } from "../../../shared/receipt/receipt-id.ts";
import { noDeadline } from "../../../shared/runtime/deadline.ts";
import { createCosmosRegistryStore } from "../../../shared/schema/registry/cosmos-registry-store.ts";
import { createOrgSchemasReader } from "../../../shared/schema/registry/read-org-schemas.ts";
import { createKeyRings } from "../../../shared/secrets/key-rings.ts";
import { createSecretHolder } from "../../../shared/secrets/secret-holder.ts";
import { formats } from "../../../shared/store/formats.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { connectKeys } from "../../support/connect-keys.ts";
import { startCosmosAccount } from "../../support/cosmos-account.ts";
import { createMemorySecretVault } from "../../support/memory-secret-vault.ts";

type Document = Readonly<Record<string, unknown>> & { readonly id: string; readonly org_id: string };
type ContainerName = "events" | "ledger" | "quarantine" | "registry" | "jobs" | "identity" | "control";
interface Means {
  readonly [member: string]: unknown;
}

/** As test/support/keep-formats.ts writes it. */
interface Kept {
  readonly release: string;
  readonly org_id: string;
  readonly frames: readonly { readonly base64: string; readonly means: Means & { readonly items?: unknown } }[];
  readonly work_item: { readonly text: string; readonly means: { readonly attempt: number; readonly kinds: string[] } };
  /** From 0.8.0 on, as `jobs` among the documents. */
  readonly job_message?: { readonly text: string; readonly means: Means };
  readonly receipt: { readonly text: string; readonly means: Means };
  readonly cursor: { readonly text: string; readonly filters: string; readonly means: Means };
  readonly refresh_token: { readonly text: string };
  readonly cookie: { readonly text: string; readonly means: Means };
  readonly session: { readonly id: string; readonly member_id: string };
  readonly api_key: string;
  readonly secrets: Readonly<Record<string, { readonly value: string; readonly tags?: Record<string, string> }>>;
  /** Releases up to 0.7.0 have neither a registry nor jobs. */
  readonly documents: Readonly<Record<Exclude<ContainerName, "registry" | "jobs">, readonly Document[]>> & {
    readonly registry?: readonly Document[];
    readonly jobs?: readonly Document[];
  };
}

const folder = join(import.meta.dirname, "../../fixtures/formats");
const releases = readdirSync(folder).map((name) => JSON.parse(readFileSync(join(folder, name), "utf8")) as Kept);

async function openSecrets({ secrets }: Kept) {
  const vault = createMemorySecretVault(Date.now);
  for (const [name, { value, tags = {} }] of Object.entries(secrets))
    await vault.addVersion(name, value, { notBefore: 0, tags });
  const holder = createSecretHolder(vault, { cacheMs: 60_000 });
  return { vault, holder, keyRings: createKeyRings(holder), signingKeys: createSigningKeys(holder) };
}

/** An account that holds what the release stored. */
async function store({ documents }: Kept) {
  const { cosmos } = await startCosmosAccount();
  for (const [name, kept] of Object.entries(documents))
    for (const document of kept ?? []) await cosmos.containers[name as ContainerName].items.create(document);
  return cosmos.containers;
}

/** What no sum holds yet. */
async function readOpen(ledger: LedgerStore, orgId: string): Promise<unknown[]> {
  const open: unknown[] = [];
  await ledger.readOpen({ orgId, range: { by: "event", from: -1e6, to: 1e7 } }, (rows) => open.push(...rows));
  return open;
}

describe.each(releases)("what release $release wrote", (kept) => {
  const { org_id: org } = kept;

  it("in messages and blobs is read", async () => {
    for (const { base64, means } of kept.frames) {
      const frame = decodeFrame(Buffer.from(base64, "base64"));
      const { items, text, ...rest } = means;
      expect(frame).toMatchObject(rest);
      if (items) expect(await unpackContent((frame as Frame & { kind: "inline" }).body)).toEqual(items);
      if (text) expect(String((frame as Frame & { kind: "unreadable" }).body)).toBe(text);
    }
    const { attempt, frames } = decodeWorkItem(kept.work_item.text);
    expect({ attempt, kinds: frames.map(({ kind }) => kind) }).toEqual(kept.work_item.means);
    if (kept.job_message) expect(decodeJobMessage(kept.job_message.text)).toEqual(kept.job_message.means);
  });

  it("in what clients hold is read, by keys that it made", async () => {
    const { keyRings, signingKeys, vault } = await openSecrets(kept);
    const keys = await keyRings.knowing(kept.receipt.text);
    expect(verifyReceipt(keys, org, kept.receipt.text)).toMatchObject(kept.receipt.means);
    expect(verifyCursor(keys, org, kept.cursor.filters, kept.cursor.text)).toEqual(kept.cursor.means);
    const token = parseRefreshToken(kept.refresh_token.text);
    expect(token && wasOurs(keys, token)).toBe(true);
    const cookie = openValue(keyRings, "sign-in", kept.cookie.text, z.unknown(), Date.now());
    expect(await cookie).toEqual(kept.cookie.means);
    const [version] = await vault.listVersions("token-signing-key");
    expect((await signingKeys.findSigner()).keyId).toBe(version?.version);
    expect(await signingKeys.findVerifier(version?.version ?? "")).toBeDefined();
  });

  it("in the containers is read, and counted", async () => {
    const containers = await store(kept);
    const [stored] = kept.documents.events.filter(({ receipt_id }) => receipt_id !== null);
    const events = createCosmosEventStore(containers.events);
    expect(await events.read(org, "e-1")).toEqual(stored);
    const occupants = await events.findOccupants(org, ["e-1", "gone"]);
    expect(occupants.get("e-1")).toMatchObject({ receiptId: kept.receipt.text });
    expect(occupants.get("gone")).toMatchObject({ receiptId: null, quarantined: [{ code: "refused_by_store" }] });

    const ledger = createCosmosLedgerStore(containers.ledger);
    const hour = Date.UTC(2026, 10, 22, 10) / 3_600_000;
    const account = async () => {
      const { outcomes } = await readAccount(ledger, org, { by: "receipt", from: hour, to: hour + 1 });
      return [...outcomes].map(([at, counts]) => [at, nameOutcomes(counts)]);
    };
    const countOf = (what: string) => kept.documents.ledger.filter(({ kind }) => kind === what).length;
    const [entries, discarded] = [countOf("entry"), countOf("adjustment")];
    const later = discarded === 0 ? {} : { discarded };
    const expected = [[hour, { stored: entries, duplicate: entries, quarantined: entries - discarded, ...later }]];
    expect(await account()).toEqual(expected);
    expect(await createSweepLedger(ledger)(noDeadline, silent)).toBe(true);
    expect(await account()).toEqual(expected);
    expect(await readOpen(ledger, org)).toEqual([]);

    const quarantine = createCosmosQuarantineStore(containers.quarantine);
    for (const document of kept.documents.quarantine)
      expect(await quarantine.read(document.org_id, document.id)).toMatchObject(document);
    const jobs = createCosmosJobStore(containers.jobs);
    for (const document of kept.documents.jobs?.filter(({ steps }) => steps !== undefined) ?? []) {
      expect(await jobs.read(org, document.id)).toMatchObject(document);
      expect(await jobs.listLive(org)).toMatchObject([{ id: document.id, place: 1 }]);
    }
  });

  it("of schemas is read, and judges", async () => {
    const { registry } = await store(kept);
    const registryStore = createCosmosRegistryStore(registry);
    for (const { kind, event_type, version, ...rest } of kept.documents.registry ?? []) {
      if (kind === "schema_type") expect((await registryStore.readType(org, "ordered"))?.value).toMatchObject(rest);
      if (kind === "schema_version") expect(await registryStore.readVersion(org, "ordered", 1)).toMatchObject(rest);
      if (kind === "schema_line") expect(await registryStore.listLines(org)).toMatchObject([rest]);
    }
    const reader = createOrgSchemasReader(
      { store: registryStore, hasSchemas: async () => kept.documents.registry !== undefined },
      { refreshMs: 1_000 },
    );
    const known = (await reader.read(org))?.types.get("ordered")?.versions.get(1);
    expect(known?.status).toBe(kept.documents.registry && "active");
  });

  it("of people, keys and what was ended is read, and lets the same in", async () => {
    const containers = await store(kept);
    const documents = createCosmosIdentityDocuments(containers.identity);
    for (const { kind, org_id, id, ...rest } of kept.documents.identity)
      if (kind !== "audit") expect((await documents.read(kind as "org", org_id, id))?.value).toMatchObject(rest);
    const lines = await documents.findAudit(org, { limit: 100 });
    expect(lines).toHaveLength(kept.documents.identity.filter(({ kind }) => kind === "audit").length);
    expect(await documents.listSessions(org, kept.session.member_id)).toHaveLength(1);
    const verify = createVerifyApiKey(connectKeys(containers.identity), { refreshMs: 1_000 });
    expect(await verify(kept.api_key)).toMatchObject({ key: { orgId: org } });

    const { changes } = await createCosmosRevocationStore(containers.control).readChanges(undefined);
    expect(changes.map(({ kind }) => kind).sort()).toEqual(["cut-off", "suspension"]);
    const timer = kept.documents.control.find(({ kind }) => kind === "timer");
    const name = timer?.id.slice("timer:".length) as TimerName;
    const ran = await createCosmosTimerRuns(containers.control).read(name);
    expect(ran).toBe(timer?.ran_at);
    const use = await createCosmosVersionUse(containers.control).list();
    const used = kept.documents.control.filter(({ kind }) => kind === "version-use");
    expect(use.map(({ route, orgId, months }) => ({ route, org_id: orgId, months }))).toEqual(
      used.map(({ route, org_id, months }) => ({ route, org_id, months })),
    );
  });
});

function formatOf(container: string, { kind, job_id }: Document): string {
  if (container === "events") return "event";
  if (container === "quarantine") return "quarantined";
  return container === "jobs" ? (job_id === undefined ? "job" : "job_place") : String(kind);
}

it("every format of the table is kept in each version that is read", () => {
  const found = releases.flatMap((kept) => [
    ...kept.frames.map(({ base64 }) => {
      const bytes = Buffer.from(base64, "base64");
      return `frame ${bytes[0] === 1 ? 1 : bytes[3]}`;
    }),
    `job_message ${/\d+/.exec(kept.job_message?.text ?? "")?.[0]}`,
    `work_item ${/\d+/.exec(kept.work_item.text)?.[0]}`,
    ...(["receipt", "cursor", "cookie"] as const).map((name) => {
      return `${name} ${Buffer.from(kept[name].text, "base64url")[0]}`;
    }),
    `refresh_token ${Buffer.from(parseRefreshToken(kept.refresh_token.text)?.sealed ?? "", "base64url")[0]}`,
    ...Object.values(kept.secrets).map(({ tags }) => `secret ${tags?.v ?? 1}`),
    ...Object.entries(kept.documents).flatMap(([container, documents]) =>
      documents.map((document) => `${formatOf(container, document)} ${String(document.v ?? 1)}`),
    ),
  ]);
  const read = Object.entries(formats).flatMap(([name, { reads }]) => reads.map((version) => `${name} ${version}`));
  expect(read.filter((one) => !found.includes(one))).toEqual([]);
});
