import { BlobServiceClient } from "@azure/storage-blob";
import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { auditDocument } from "../../shared/access/documents/audit-entry.ts";
import { adjustOutcomes } from "../../shared/ledger/adjust-outcomes.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { slotOf } from "../../shared/receipt/receipt-id.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { blobContainers } from "../../shared/store/resources.ts";
import { addMember, enter, type Member, makeEmptyOrg } from "../support/people.ts";
import { cosmos, documents, identity, type Json, product, type TestOrg, withKey } from "../support/product.ts";

interface Team {
  readonly org: TestOrg;
  readonly ada: Member;
  /** Of a batch whose first event is stored, and whose others wait in quarantine. */
  readonly receipt: string;
}

async function makeTeam(invalid: number): Promise<Team> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  const org = withKey(orgId, await identity.makeApiKey(orgId));
  const bad = Array.from({ length: invalid }, (_, i) => ({ event_type: "paid", user_id: i }));
  const { body } = await org.post([{ event_type: "paid" }, ...bad]);
  await org.settled(body.receipt_id);
  return { org, ada: await enter("ada", orgId), receipt: String(body.receipt_id) };
}

const discard = (by: Pick<Member, "call">, id: string, body: unknown = { reason: "a test of ours" }) =>
  by.call("POST", `/api/v1/quarantine/${id}/discard`, body);

async function look({ org, receipt }: Team) {
  const [found, account, listed] = await Promise.all([
    org.get(`/api/v1/receipts/${receipt}`),
    org.get("/api/v1/ledger"),
    org.get("/api/v1/quarantine"),
  ]);
  const { receipt_id, received_at, status, results, request_id, ...counts } = found.body;
  return {
    counts,
    results,
    totals: account.body.totals,
    listed: (listed.body.events as Json[]).map(({ index }) => index),
  };
}

describe("an event that is discarded", () => {
  it("is gone; receipt, account and trail say so, and what was accepted stays what it was", async () => {
    const team = await makeTeam(2);
    const id = `${team.receipt}:1`;
    const answer = await discard(team.ada, id);
    expect(answer.status).toBe(200);
    const { at } = answer.body;
    expect(answer.body).toMatchObject({ quarantine_id: id, what: "discarded", at, reason: "a test of ours" });
    expect(await look(team)).toEqual({
      counts: { accepted: 3, stored: 1, duplicate: 0, quarantined: 1, discarded: 1 },
      results: [
        { index: 1, result: "discarded", code: "wrong_type", adjusted: "discarded" },
        { index: 2, result: "quarantined", code: "wrong_type" },
      ],
      totals: { settled: 3, stored: 1, duplicate: 0, quarantined: 1, discarded: 1 },
      listed: [2],
    });
    const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded");
    expect(trail.body.entries).toMatchObject([
      {
        timestamp: at,
        actor: `member:${team.ada.memberId}`,
        target: `quarantine:${id}`,
        details: { reason: "a test of ours", code: "wrong_type", event_type: "paid" },
        request_id: answer.body.request_id,
      },
    ]);
  });

  it("is 410 from then on, with what became of it and when, also when only the ledger knows it", async () => {
    const { org, ada, receipt } = await makeTeam(1);
    const id = `${receipt}:1`;
    const { at } = (await discard(ada, id)).body;
    const gone = { code: "quarantined_gone", what: "discarded", at };
    for (const answer of [await discard(ada, id), await org.get(`/api/v1/quarantine/${id}`)])
      expect([answer.status, answer.body]).toEqual([410, expect.objectContaining(gone)]);
    await cosmos.containers.quarantine.item(id, [org.orgId, id]).delete();
    for (const answer of [await discard(ada, id), await org.get(`/api/v1/quarantine/${id}`)])
      expect([answer.status, answer.body]).toEqual([410, expect.objectContaining(gone)]);
  });

  it("is discarded once by many at once, and told once", async () => {
    const team = await makeTeam(1);
    const answers = await Promise.all(Array.from({ length: 8 }, () => discard(team.ada, `${team.receipt}:1`)));
    expect(answers.filter(({ status }) => status === 200).length).toBeGreaterThan(0);
    for (const { status, body } of answers) expect([200, 410, 503], JSON.stringify(body)).toContain(status);
    expect(new Set(answers.flatMap(({ body }) => body.at ?? [])).size).toBe(1);
    expect((await look(team)).totals).toMatchObject({ settled: 2, quarantined: 0, discarded: 1 });
    const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded");
    expect(trail.body.entries).toHaveLength(1);
  });

  it.each(["its decision", "its line in the trail", "its adjustment"])(
    "and whose act ended after %s is completed by the next try, as it was decided",
    async (after) => {
      const team = await makeTeam(1);
      const [{ orgId }, id] = [team.org, `${team.receipt}:1`];
      const item = cosmos.containers.quarantine.item(id, [orgId, id]);
      const at = new Date().toISOString();
      const by = { subject: "member:x", client_address: "192.0.2.1", request_id: "r", audit_id: `audit:${uuidv7(0)}` };
      await item.replace({ ...(await item.read()).resource, act: { what: "discarded", at, reason: "begun", by } });
      const actor = { subject: "member:x", clientAddress: "192.0.2.1", requestId: "r" };
      const line = { action: "event.discarded", target: `quarantine:${id}` } as const;
      if (after !== "its decision")
        await documents.commit(orgId, [{ create: auditDocument(orgId, actor, Date.parse(at), line, by.audit_id) }]);
      const move = { receiptId: team.receipt, index: 1, what: "discarded", to: "discarded", at } as const;
      if (after === "its adjustment")
        await adjustOutcomes(createCosmosLedgerStore(cosmos.containers.ledger), orgId, [move]);
      const read = await team.org.get(`/api/v1/quarantine/${id}`);
      expect(read.body).toMatchObject({ begun: { what: "discarded", at }, event: { as: "sent" } });
      const answer = await discard(team.ada, id, { reason: "another" });
      expect([answer.status, answer.body]).toEqual([200, expect.objectContaining({ at, reason: "begun" })]);
      expect(await look(team)).toMatchObject({
        totals: { settled: 2, stored: 1, duplicate: 0, quarantined: 0, discarded: 1 },
        listed: [],
      });
      const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded");
      expect(trail.body.entries).toMatchObject([{ actor: "member:x", target: `quarantine:${id}` }]);
    },
  );

  it("takes the blob with it that held it", async () => {
    const { org, ada, receipt } = await makeTeam(1);
    const id = `${receipt}:1`;
    const item = cosmos.containers.quarantine.item(id, [org.orgId, id]);
    const raw = { blob: `quarantine/${org.orgId}/${receipt}/1` };
    const blob = BlobServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "")
      .getContainerClient(blobContainers.claims)
      .getBlockBlobClient(raw.blob);
    await blob.uploadData(Buffer.from(JSON.stringify({ text: "{}" })));
    await item.replace({ ...(await item.read()).resource, raw });
    expect((await org.get(`/api/v1/quarantine/${id}`)).body.event).toEqual({ as: "sent", text: "{}" });
    expect((await discard(ada, id)).status).toBe(200);
    expect(await blob.exists()).toBe(false);
  });

  it("of an envelope that cannot be read is all of its events", async () => {
    const team = await makeTeam(3);
    const { quarantine, ledger } = cosmos.containers;
    const [{ orgId }, id] = [team.org, `${team.receipt}:all`];
    // As if all of its events had been lost together.
    for (let i = 1; i <= 3; i++)
      await quarantine.item(`${team.receipt}:${i}`, [orgId, `${team.receipt}:${i}`]).delete();
    const slot = slotOf(team.receipt);
    const entry = (await ledger.item(team.receipt, [orgId, slot]).read()).resource;
    const lost = { outcome: "quarantined", code: "lost_claim_check", ranges: [[0, 3]] };
    await ledger.items.upsert({ ...entry, outcomes: [0, 0, 4], not_stored: [lost] });
    const place = { id, org_id: orgId, receipt_id: team.receipt, index: null, received_at: new Date().toISOString() };
    await quarantine.items.create({ ...place, code: "lost_claim_check", path: "", message: "", raw: { base64: "" } });
    expect((await team.org.get(`/api/v1/quarantine/${id}`)).body).toMatchObject({ index: null, event: null });
    expect((await discard(team.ada, id)).status).toBe(200);
    expect((await look(team)).counts).toEqual({ accepted: 4, stored: 0, duplicate: 0, quarantined: 0, discarded: 4 });
    expect((await discard(team.ada, id)).status).toBe(410);
  });

  it("closes the proof of the account at every step", async () => {
    const team = await makeTeam(1);
    const id = `${team.receipt}:1`;
    const { orgId } = team.org;
    const item = cosmos.containers.quarantine.item(id, [orgId, id]);
    const { resource: before } = await item.read();
    const { at } = (await discard(team.ada, id)).body;
    const violations = async () =>
      (await proveAccount(accessOf(product.env), cosmos.containers)).violations.filter((one) =>
        one.startsWith(`${orgId}:`),
      );
    expect(await violations()).toEqual([]);
    await item.replace({ ...before, act: { what: "discarded", at } });
    expect(await violations()).toEqual([]);
    await item.replace({ ...before });
    expect(await violations()).toEqual([expect.stringContaining("counts 0 as quarantined, 1 are")]);
  });
});

describe("what cannot be discarded", () => {
  it("is told: what is not there, another org's, a batch that is not settled, a body that is not one", async () => {
    const { ada, receipt, org } = await makeTeam(1);
    const other = await makeTeam(1);
    const id = `${receipt}:1`;
    for (const [by, what, body, status, code] of [
      [other.ada, id, { reason: "x" }, 404, "quarantined_not_found"],
      [ada, `${receipt}:0`, { reason: "x" }, 404, "quarantined_not_found"],
      [ada, "none", { reason: "x" }, 404, "quarantined_not_found"],
      [ada, id, {}, 400, "invalid_body"],
      [ada, id, { reason: "  " }, 400, "invalid_body"],
      [ada, id, { reason: "x".repeat(501) }, 400, "invalid_body"],
      [ada, id, { reason: "x", all: true }, 400, "invalid_body"],
    ] as const) {
      const answer = await discard(by, what, body);
      expect([what, answer.status, answer.body.code]).toEqual([what, status, code]);
    }
    const { resource } = await cosmos.containers.quarantine.item(id, [org.orgId, id]).read();
    const unsettled = receipt.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const pending = { ...resource, id: `${unsettled}:1`, receipt_id: unsettled };
    await cosmos.containers.quarantine.items.create(pending);
    const answer = await discard(ada, pending.id);
    expect([answer.status, answer.body.code]).toEqual([409, "receipt_pending"]);
    expect((await org.get("/api/v1/ledger")).body.totals).toEqual({
      settled: 2,
      stored: 1,
      duplicate: 0,
      quarantined: 1,
    });
  });

  it("by a viewer or a member is refused", async () => {
    const { org, receipt } = await makeTeam(1);
    for (const [name, role] of [
      ["cleo", "viewer"],
      ["ben", "member"],
    ] as const) {
      await addMember(org.orgId, name, role);
      const member = await enter(name, org.orgId);
      const answer = await discard(member, `${receipt}:1`);
      expect([role, answer.status, answer.body.scope]).toEqual([role, 403, "quarantine:discard"]);
    }
    expect((await org.get(`/api/v1/quarantine/${receipt}:1`)).status).toBe(200);
  });
});
