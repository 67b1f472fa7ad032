import { QueueClient } from "@azure/storage-queue";
import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { encodeJobMessage } from "../../shared/jobs/job-message.ts";
import { queues } from "../../shared/store/resources.ts";
import { addMember, enter, type Member, makeEmptyOrg } from "../support/people.ts";
import { cosmos, identity, type Json, product, type TestOrg, until, withKey } from "../support/product.ts";

interface Team {
  readonly org: TestOrg;
  readonly ben: Member;
  readonly receipt: string;
}

const TIME = "2026-01-01T00:00:00.000Z";

/** An org with so many events in quarantine, in the places behind a stored one, as `change` has them by now. */
async function makeTeam(wrong: number, change: (i: number) => unknown): Promise<Team> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ben", "member");
  const org = withKey(orgId, await identity.makeApiKey(orgId));
  const bad = Array.from({ length: wrong }, (_, i) => ({ event_id: `e-${i}`, event_type: "paid", user_id: i }));
  const { body } = await org.post([{ event_id: "first", event_type: "paid" }, ...bad]);
  const receipt = String(body.receipt_id);
  await org.settled(receipt);
  const items = bad.map((_, i) =>
    cosmos.containers.quarantine.item(`${receipt}:${i + 1}`, [orgId, `${receipt}:${i + 1}`]),
  );
  await Promise.all(
    items.map(async (item, i) => {
      const { resource } = await item.read();
      await item.replace({ ...resource, raw: { text: JSON.stringify(change(i)) } });
    }),
  );
  return { org, ben: await enter("ben", orgId), receipt };
}

/** What was wrong is right by now, as if a rule had been relaxed. */
const good = (i: number) => ({ event_id: `e-${i}`, event_type: "paid", user_id: `${i}`, timestamp: TIME });
/** The first is stored already, the second still fails. */
const mixed = (i: number) => ({
  ...good(i),
  ...(i === 0 && { event_id: "first" }),
  ...(i === 1 && { event_type: "" }),
});

const replay = ({ ben }: Team, body: unknown = {}) => ben.call("POST", "/api/v1/quarantine/replay", body);
const totalsOf = async ({ org }: Team): Promise<unknown> => (await org.get("/api/v1/ledger")).body.totals;

async function done({ ben }: Team, jobId: unknown): Promise<Json> {
  return until(async () => {
    const { body } = await ben.call("GET", `/api/v1/jobs/${jobId}`);
    return body.state === "done" ? body : undefined;
  });
}

async function violations({ org }: Team): Promise<string[]> {
  const proven = await proveAccount(accessOf(product.env), cosmos.containers);
  return proven.violations.filter((one) => one.startsWith(`${org.orgId}:`));
}

describe("replaying what a filter finds", () => {
  it("with `dry_run` counts it, says what would become of a sample, and writes nothing", async () => {
    const team = await makeTeam(4, mixed);
    const { status, body } = await replay(team, { code: "wrong_type", dry_run: true });
    expect([status, body.total, body.is_whole]).toEqual([200, 4, true]);
    expect(body.groups).toMatchObject([{ code: "wrong_type", event_type: "paid", count: 4 }]);
    expect(body.sample).toEqual({
      ...{ total: 4, counts: { stored: 2, duplicate: 1, quarantined: 1 } },
      errors: [{ target: `${team.receipt}:2`, code: "invalid_value", message: expect.any(String) }],
    });
    expect((await replay(team, { code: "too_large", dry_run: true })).body).toMatchObject({
      ...{ total: 0, groups: [], sample: { total: 0, counts: {}, errors: [] } },
    });
    expect((await team.ben.call("GET", "/api/v1/jobs")).body.jobs).toEqual([]);
    expect(await totalsOf(team)).toMatchObject({ stored: 1, quarantined: 4 });
    expect((await team.org.get(`/api/v1/quarantine/${team.receipt}:2`)).body).not.toHaveProperty("tried");
  });

  it("is a job: each event as if it were replayed alone; what fails stays, says so, and is found by the next one", async () => {
    const team = await makeTeam(55, mixed);
    const answer = await replay(team, { event_type: "paid" });
    const { job_id } = answer.body;
    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/api/v1/jobs/${job_id}`]);
    expect(answer.body).toMatchObject({ kind: "replay-quarantined", parameters: { event_type: "paid" } });
    const job = await done(team, job_id);
    const failed = { target: `${team.receipt}:2`, code: "invalid_value", message: expect.any(String) };
    expect(job).toMatchObject({
      counts: { stored: 53, duplicate: 1, quarantined: 1 },
      progress: { done: 55, total: 55 },
    });
    expect(job.errors).toEqual([failed]);
    expect(await totalsOf(team)).toEqual({ settled: 56, stored: 54, duplicate: 1, quarantined: 1 });
    const kept = (await team.org.get(`/api/v1/quarantine/${team.receipt}:2`)).body;
    expect(kept).toMatchObject({ code: "wrong_type", tried: { code: "invalid_value", path: "event_type", job_id } });
    expect((await team.org.get("/api/v1/events/e-7")).body.event).toMatchObject({ user_id: "7", timestamp: TIME });
    await addMember(team.org.orgId, "ada", "admin");
    const ada = await enter("ada", team.org.orgId);
    const actor = `member:${team.ben.memberId}`;
    const trail = (await ada.call("GET", "/api/v1/audit?action=event.replayed&limit=100")).body.entries as Json[];
    expect(trail).toHaveLength(54);
    const { request_id } = answer.body;
    expect(trail[0]).toMatchObject({ actor, details: { code: "wrong_type", job_id }, request_id });
    const told = await ada.call("GET", "/api/v1/audit?action=job.started");
    expect(told.body.entries).toMatchObject([{ actor, target: `job:${job_id}` }]);
    const again = await done(team, (await replay(team)).body.job_id);
    expect(again).toMatchObject({ counts: { quarantined: 1 }, progress: { done: 1, total: 1 } });
    expect(await violations(team)).toEqual([]);
  });

  it("counts each event once, though every message comes twice and others replay the same at once", async () => {
    const team = await makeTeam(60, good);
    const jobs = await Promise.all([replay(team), replay(team)]);
    const [first] = jobs;
    const queue = new QueueClient(product.env.AzureWebJobsStorage ?? "", queues.jobs);
    for (let step = 0; step < 4; step++) {
      const text = encodeJobMessage({ attempt: 0, step, orgId: team.org.orgId, jobId: String(first?.body.job_id) });
      for (const seconds of [0, 1]) await queue.sendMessage(text, { visibilityTimeout: seconds });
    }
    await team.ben.call("POST", `/api/v1/quarantine/${team.receipt}:2/replay`);
    const ended = await Promise.all(jobs.map(({ body }) => done(team, body.job_id)));
    const stored = ended.map(({ counts }) => (counts as { readonly stored?: number }).stored ?? 0);
    expect([59, 60]).toContain(stored.reduce((a, b) => a + b, 0));
    expect(await totalsOf(team)).toEqual({ settled: 61, stored: 61, duplicate: 0, quarantined: 0 });
    const day = "from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z";
    expect((await team.org.get(`/api/v1/metrics/events?${day}`)).body.total).toBe(60);
    expect(await violations(team)).toEqual([]);
  });

  it("with a mapping stores each event as mapped, and the trail says so; a dry run goes by it", async () => {
    const team = await makeTeam(3, (i) => ({ ...good(i), properties: { amount: i, note: "n" } }));
    const mapping = [
      { op: "rename", from: "/amount", to: "/total" },
      { op: "drop", path: "/note" },
    ];
    const path = `/api/v1/quarantine/${encodeURIComponent(`${team.receipt}:3`)}/replay`;
    expect((await team.ben.call("POST", path, { mapping: [{ op: "drop" }] })).body.code).toBe("invalid_body");
    expect((await team.ben.call("POST", path, { mapping })).body).toMatchObject({ outcome: "stored" });
    expect((await team.org.get("/api/v1/events/e-2")).body.event).toMatchObject({ properties: { total: 2 } });
    expect((await replay(team, { mapping, dry_run: true })).body.sample).toMatchObject({ counts: { stored: 2 } });
    const job = await done(team, (await replay(team, { mapping })).body.job_id);
    expect(job).toMatchObject({ counts: { stored: 2 }, parameters: { mapping } });
    expect((await team.org.get("/api/v1/events/e-1")).body.event).toMatchObject({ properties: { total: 1 } });
    expect((await team.org.get("/api/v1/events/e-1")).body.event).not.toHaveProperty("properties.note");
    await addMember(team.org.orgId, "ada", "admin");
    const ada = await enter("ada", team.org.orgId);
    const trail = await ada.call("GET", "/api/v1/audit?action=event.replayed");
    expect(trail.body.entries).toMatchObject(Array(3).fill({ details: { mapped: true } }));
    const refused = await replay(team, { mapping: [{ op: "rename", from: "/a", to: "/b/c" }] });
    expect([refused.status, refused.body.code]).toEqual([400, "invalid_body"]);
  });

  it("is refused to viewers, and by a body that says something else", async () => {
    const team = await makeTeam(1, good);
    await addMember(team.org.orgId, "cleo", "viewer");
    const refused = await replay({ ...team, ben: await enter("cleo", team.org.orgId) });
    expect([refused.status, refused.body.scope]).toEqual([403, "quarantine:replay"]);
    for (const [body, code] of [
      [{ reason: "none is asked for" }, "invalid_body"],
      [{ code: "none" }, "invalid_body"],
      [{ from: "2026-11-02T00:00:00Z", to: "2026-11-01T00:00:00Z" }, "invalid_parameter"],
    ] as const) {
      const answer = await replay(team, body);
      expect([answer.status, answer.body.code]).toEqual([400, code]);
    }
    expect((await team.ben.call("GET", "/api/v1/jobs")).body.jobs).toEqual([]);
  });
});
