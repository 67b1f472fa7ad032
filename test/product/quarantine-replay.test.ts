import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { createCosmosEventStore } from "../../shared/event/cosmos-event-store.ts";
import { adjustOutcomes } from "../../shared/ledger/adjust-outcomes.ts";
import { createCosmosLedgerStore } from "../../shared/ledger/cosmos-ledger-store.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { addMember, enter, type Member, makeEmptyOrg } from "../support/people.ts";
import { cosmos, identity, type Json, product, request, type TestOrg, withKey } from "../support/product.ts";

interface Team {
  readonly org: TestOrg;
  readonly ben: Member;
  /** Of a batch whose first event is stored, and whose second waits in quarantine. */
  readonly receipt: string;
  readonly id: string;
}

const HOUR = 3_600_000;
const bad = { event_id: "second", event_type: "paid", user_id: 7 };
const good = { ...bad, user_id: "seven", timestamp: "2026-01-01T00:00:00.000Z" };

async function makeTeam(more: Json = {}, path = "/api/v1/events"): Promise<Team> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ben", "member");
  const org = withKey(orgId, await identity.makeApiKey(orgId));
  const body = { events: [{ event_id: "first", event_type: "paid" }, bad], ...more };
  const answer = await request(path, {
    method: "POST",
    headers: { authorization: `Bearer ${org.key}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  const receipt = String(answer.body.receipt_id);
  await org.settled(receipt);
  return { org, ben: await enter("ben", orgId), receipt, id: `${receipt}:1` };
}

const itemOf = ({ org, id }: Team) => cosmos.containers.quarantine.item(id, [org.orgId, id]);

/** As if rules had refused it that are not there any more. */
async function keep(team: Team, event: unknown, more: Json = {}): Promise<void> {
  const { resource } = await itemOf(team).read();
  await itemOf(team).replace({ ...resource, raw: { text: JSON.stringify(event) }, ...more });
}

const replay = ({ ben, id }: Team, query = "") => ben.call("POST", `/api/v1/quarantine/${id}/replay${query}`);

const totals = async ({ org }: Team) => (await org.get("/api/v1/ledger")).body.totals;

async function violations({ org }: Team): Promise<string[]> {
  const proven = await proveAccount(accessOf(product.env), cosmos.containers);
  return proven.violations.filter((one) => one.startsWith(`${org.orgId}:`));
}

describe("an event that is replayed", () => {
  it("is stored as if it had been valid when it was received: its time, its receipt, the counts", async () => {
    const ahead = new Date(Date.now() + HOUR).toISOString();
    const team = await makeTeam({ sent_at: ahead, context: { app: "shop" } });
    const { org, receipt, id } = team;
    await keep(team, { ...good, timestamp: ahead });
    const dry = await replay(team, "?dry_run=true");
    expect(dry.body).toMatchObject({ dry_run: true, outcome: "stored", at: null, event: { event_id: "second" } });
    expect((await org.get("/api/v1/events/second")).status).toBe(404);
    const { status, body } = await replay(team);
    expect([status, body]).toEqual([
      200,
      expect.objectContaining({ quarantine_id: id, dry_run: false, outcome: "stored", problem: null }),
    ]);
    const stored = (await org.get("/api/v1/events/second")).body.event as Json;
    expect(stored).toMatchObject({ user_id: "seven", receipt_id: receipt, context: { app: "shop" } });
    const correction = Date.parse(ahead) - Date.parse(String(stored.received_at));
    expect(Date.parse(ahead) - Date.parse(String(stored.timestamp))).toBe(correction);
    const found = (await org.get(`/api/v1/receipts/${receipt}`)).body;
    expect(found).toMatchObject({
      ...{ accepted: 2, stored: 2, quarantined: 0 },
      results: [{ index: 1, result: "stored", code: "wrong_type", adjusted: "replayed" }],
    });
    expect(await totals(team)).toEqual({ settled: 2, stored: 2, duplicate: 0, quarantined: 0 });
    expect((await org.get("/api/v1/metrics/events")).body.total).toBe(2);
    expect(await violations(team)).toEqual([]);
  });

  it("is 410 from then on with what became of it and when, and the trail tells it once", async () => {
    const team = await makeTeam();
    await keep(team, good);
    const { at } = (await replay(team)).body;
    for (const answer of [await replay(team), await team.org.get(`/api/v1/quarantine/${team.id}`)])
      expect([answer.status, answer.body]).toEqual([
        410,
        expect.objectContaining({ code: "quarantined_gone", what: "replayed", at }),
      ]);
    await addMember(team.org.orgId, "ada", "admin");
    const ada = await enter("ada", team.org.orgId);
    const trail = await ada.call("GET", "/api/v1/audit?action=event.replayed");
    expect(trail.body.entries).toMatchObject([
      { timestamp: at, actor: `member:${team.ben.memberId}`, target: `quarantine:${team.id}` },
    ]);
  });

  it("is a duplicate where its id is stored already, and says so", async () => {
    const team = await makeTeam();
    await keep(team, { ...good, event_id: "first" });
    expect((await replay(team, "?dry_run=true")).body).toMatchObject({ outcome: "duplicate" });
    expect((await replay(team)).body).toMatchObject({ outcome: "duplicate", event: { event_id: "first" } });
    expect((await team.org.get(`/api/v1/receipts/${team.receipt}`)).body).toMatchObject({
      ...{ accepted: 2, stored: 1, duplicate: 1, quarantined: 0 },
      results: [{ index: 1, result: "duplicate", adjusted: "replayed" }],
    });
    expect(await violations(team)).toEqual([]);
  });

  it("stays where it still fails, with the new reason beside the old", async () => {
    const team = await makeTeam();
    await keep(team, { ...good, event_type: "" });
    const problem = { code: "invalid_value", path: "event_type", message: expect.any(String) };
    expect((await replay(team, "?dry_run=true")).body).toMatchObject({ outcome: "quarantined", at: null, problem });
    expect((await team.org.get(`/api/v1/quarantine/${team.id}`)).body).not.toHaveProperty("tried");
    const { status, body } = await replay(team);
    expect([status, body]).toEqual([200, expect.objectContaining({ outcome: "quarantined", event: null, problem })]);
    const read = (await team.org.get(`/api/v1/quarantine/${team.id}`)).body;
    expect(read).toMatchObject({ code: "wrong_type", path: "user_id", tried: { at: body.at, ...problem } });
    for (const text of ['{"event_type":', "7", '{"event_type":"a","event_type":"b"}']) {
      const { resource } = await itemOf(team).read();
      await itemOf(team).replace({ ...resource, raw: { text } });
      expect([text, (await replay(team)).body.outcome]).toEqual([text, "quarantined"]);
    }
    expect(await totals(team)).toMatchObject({ stored: 1, quarantined: 1 });
  });

  it("and was kept by an earlier release is replayed with what is there of it", async () => {
    const team = await makeTeam();
    const { resource } = await itemOf(team).read();
    const { ttl, dialect, sent_at, ...older } = resource as Json;
    await itemOf(team).replace({ ...older, raw: { json: { event_type: "paid", timestamp: good.timestamp } } });
    const { body } = await replay(team);
    expect(body).toMatchObject({ outcome: "stored", event: { event_type: "paid", timestamp: good.timestamp } });
    const refused = await makeTeam();
    const accepted = { event_id: "e", event_type: "paid", timestamp: good.timestamp, original_timestamp: "earlier" };
    const found = (await itemOf(refused).read()).resource;
    await itemOf(refused).replace({ ...found, code: "refused_by_store", raw: { json: accepted } });
    expect((await replay(refused)).body).toMatchObject({ outcome: "stored" });
    expect((await refused.org.get("/api/v1/events/e")).body.event).toMatchObject(accepted);
  });

  it("is read by the dialect that it came in, with what stood beside it", async () => {
    const call = { type: "track", event: "paid", messageId: "m-1", userId: "u" };
    const batch = [
      { ...call, messageId: "m-0" },
      { ...call, event: "" },
    ];
    const team = await makeTeam({ batch, context: { app: "shop" }, integrations: { all: true } }, "/v1/batch");
    await keep(team, call);
    expect((await replay(team)).body).toMatchObject({ outcome: "stored", event: { event_id: "segment:m-1" } });
    const read = async (id: string) => (await team.org.get(`/api/v1/events?event_id=segment:${id}`)).body.events;
    const [[first], [second]] = [(await read("m-0")) as Json[], (await read("m-1")) as Json[]];
    expect(second?.context).toEqual(first?.context);
  });
});

describe("a replay that was decided and not completed", () => {
  const act = () => {
    const by = { subject: "member:x", client_address: "192.0.2.1", request_id: "r", audit_id: `audit:${uuidv7(0)}` };
    const event = { event_id: "second", event_type: "paid", timestamp: good.timestamp };
    return { what: "replayed", at: new Date().toISOString(), by, replay: { event, try: "t" } } as const;
  };

  it.each(["its decision", "its event", "its adjustment"])("after %s is completed by the next one", async (after) => {
    const team = await makeTeam();
    const { resource } = await itemOf(team).read();
    const decided = act();
    await itemOf(team).replace({ ...resource, act: decided });
    const [{ event }, { receipt, org }] = [decided.replay, team];
    const received_at = String((resource as Json).received_at);
    const place = { org_id: org.orgId, receipt_id: receipt, index: 1, received_at };
    if (after !== "its decision")
      await createCosmosEventStore(cosmos.containers.events).create([{ ...event, id: event.event_id, ...place }]);
    expect(await violations(team)).toEqual([]);
    const of = { eventType: event.event_type, timestamp: event.timestamp };
    const move = { receiptId: receipt, index: 1, what: "replayed", to: "stored", at: decided.at, event: of } as const;
    if (after === "its adjustment")
      await adjustOutcomes(createCosmosLedgerStore(cosmos.containers.ledger), org.orgId, [move]);
    expect(await violations(team)).toEqual([]);
    expect((await replay(team)).body).toMatchObject({ outcome: "stored", at: decided.at });
    expect(await totals(team)).toEqual({ settled: 2, stored: 2, duplicate: 0, quarantined: 0 });
    expect(await violations(team)).toEqual([]);
  });

  it("is completed by a discard too, which is 410 then", async () => {
    const team = await makeTeam();
    const { resource } = await itemOf(team).read();
    await itemOf(team).replace({ ...resource, act: act() });
    await addMember(team.org.orgId, "ada", "admin");
    const ada = await enter("ada", team.org.orgId);
    const answer = await ada.call("POST", `/api/v1/quarantine/${team.id}/discard`, { reason: "r" });
    expect([answer.status, answer.body]).toEqual([410, expect.objectContaining({ what: "replayed" })]);
    expect(await totals(team)).toMatchObject({ stored: 2, quarantined: 0 });
  });

  it("by many at once stores and counts it once", async () => {
    const team = await makeTeam();
    await keep(team, good);
    const answers = await Promise.all(Array.from({ length: 8 }, () => replay(team)));
    for (const { status, body } of answers) expect([200, 410, 503], JSON.stringify(body)).toContain(status);
    expect(new Set(answers.flatMap(({ body }) => body.at ?? [])).size).toBe(1);
    expect(await totals(team)).toEqual({ settled: 2, stored: 2, duplicate: 0, quarantined: 0 });
    expect(await violations(team)).toEqual([]);
  });
});

it("what cannot be replayed is told: another org's, what is not there, a viewer, a parameter that is none", async () => {
  const team = await makeTeam();
  const other = await makeTeam();
  expect((await replay({ ...team, ben: other.ben })).status).toBe(404);
  expect((await replay({ ...team, id: `${team.receipt}:0` })).status).toBe(404);
  expect((await replay(team, "?dry_run=perhaps")).body.code).toBe("invalid_parameter");
  await addMember(team.org.orgId, "cleo", "viewer");
  const cleo = await enter("cleo", team.org.orgId);
  expect((await replay({ ...team, ben: cleo })).body).toMatchObject({ status: 403, scope: "quarantine:replay" });
});
