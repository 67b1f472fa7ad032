import { QueueClient } from "@azure/storage-queue";
import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { MOST_LIVE } from "../../shared/jobs/job.ts";
import { encodeJobMessage } from "../../shared/jobs/job-message.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { queues } from "../../shared/store/resources.ts";
import { makeLiveJob } from "../support/live-job.ts";
import { addMember, enter, type Member, makeEmptyOrg } from "../support/people.ts";
import { cosmos, identity, type Json, product, type TestOrg, until, withKey } from "../support/product.ts";

interface Team {
  readonly org: TestOrg;
  readonly ada: Member;
}

async function makeTeam(): Promise<Team> {
  const orgId = await makeEmptyOrg();
  await addMember(orgId, "ada", "admin");
  return { org: withKey(orgId, await identity.makeApiKey(orgId)), ada: await enter("ada", orgId) };
}

/** Sends a valid event with so many that have the wrong type, and one that lacks its own. */
async function fill({ org }: Team, wrong: number): Promise<string> {
  const bad = Array.from({ length: wrong }, (_, i) => ({ event_type: "paid", user_id: i }));
  const { body } = await org.post([{ event_type: "paid" }, { user_id: "u" }, ...bad]);
  await org.settled(body.receipt_id);
  return String(body.receipt_id);
}

const discard = ({ ada }: Team, body: unknown) => ada.call("POST", "/api/v1/quarantine/discard", body);
const wrongType = { code: "wrong_type", reason: "a test of ours" };

async function done({ ada }: Team, jobId: unknown): Promise<Json> {
  return until(async () => {
    const { body } = await ada.call("GET", `/api/v1/jobs/${jobId}`);
    return body.state === "done" ? body : undefined;
  });
}

const totalsOf = async ({ org }: Team): Promise<unknown> => (await org.get("/api/v1/ledger")).body.totals;
const jobsQueue = () => new QueueClient(product.env.AzureWebJobsStorage ?? "", queues.jobs);

describe("discarding what a filter finds", () => {
  it("with `dry_run` counts it, with an example of each group, and decides nothing", async () => {
    const team = await makeTeam();
    await fill(team, 3);
    const { status, body } = await discard(team, { reason: "only looking", dry_run: true });
    expect([status, body.total, body.is_whole]).toEqual([200, 4, true]);
    expect(body.groups).toMatchObject([
      { code: "wrong_type", event_type: "paid", count: 3, example: { code: "wrong_type", event_type: "paid" } },
      { code: "required", event_type: null, count: 1, example: { path: "event_type" } },
    ]);
    expect((await team.ada.call("GET", "/api/v1/jobs")).body.jobs).toEqual([]);
    expect(await totalsOf(team)).toMatchObject({ quarantined: 4 });
  });

  it("is a job: 202 with its place, each event as if it were discarded alone, no other one, and a trail", async () => {
    const team = await makeTeam();
    for (let i = 0; i < 2; i++) await fill(team, 40);
    const answer = await discard(team, wrongType);
    const { job_id } = answer.body;
    expect([answer.status, answer.headers.get("location")]).toEqual([202, `/api/v1/jobs/${job_id}`]);
    expect(answer.body).toMatchObject({ kind: "discard-quarantined", state: "waiting", parameters: wrongType });
    const later = await fill(team, 1);
    const job = await done(team, job_id);
    expect(job).toMatchObject({ counts: { discarded: 80 }, progress: { done: 80, total: 80 }, errors: [] });
    expect(await totalsOf(team)).toEqual({ settled: 87, stored: 3, duplicate: 0, quarantined: 4, discarded: 80 });
    const left = (await team.org.get("/api/v1/quarantine?code=wrong_type")).body.events as Json[];
    expect(left.map(({ receipt_id }) => receipt_id)).toEqual([later]);
    const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded&limit=100");
    const entries = trail.body.entries as Json[];
    expect(entries).toHaveLength(80);
    const actor = `member:${team.ada.memberId}`;
    const details = { reason: wrongType.reason, code: "wrong_type", event_type: "paid", job_id };
    expect(entries[0]).toMatchObject({ actor, details, request_id: answer.body.request_id });
    const told = await team.ada.call("GET", "/api/v1/audit?action=job.started");
    expect(told.body.entries).toMatchObject([{ actor, target: `job:${job_id}`, details: { parameters: wrongType } }]);
    const listed = await team.ada.call("GET", "/api/v1/jobs?limit=1");
    expect(listed.body).toMatchObject({ jobs: [{ job_id, state: "done" }], next_cursor: null });
    const { violations } = await proveAccount(accessOf(product.env), cosmos.containers);
    expect(violations.filter((one) => one.startsWith(`${team.org.orgId}:`))).toEqual([]);
  });

  it("counts each event once, though every message comes twice and others discard the same at once", async () => {
    const team = await makeTeam();
    const receipt = await fill(team, 70);
    const [job, other] = await Promise.all([discard(team, wrongType), discard(team, wrongType)]);
    for (let step = 0; step < 4; step++) {
      const text = encodeJobMessage({ attempt: 0, step, orgId: team.org.orgId, jobId: String(job.body.job_id) });
      for (const seconds of [0, 1]) await jobsQueue().sendMessage(text, { visibilityTimeout: seconds });
    }
    await team.ada.call("POST", `/api/v1/quarantine/${receipt}:2/discard`, { reason: "by hand" });
    const jobs = await Promise.all([job, other].map(({ body }) => done(team, body.job_id)));
    const discarded = jobs.map(({ counts }) => (counts as { readonly discarded?: number }).discarded ?? 0);
    const sum = discarded.reduce((a, b) => a + b, 0);
    expect([69, 70]).toContain(sum);
    expect(await totalsOf(team)).toMatchObject({ quarantined: 1, discarded: 70 });
    const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded&limit=200");
    expect(trail.body.entries).toHaveLength(70);
  });

  it("leaves an event whose batch is not settled, says so, and goes on with the others", async () => {
    const team = await makeTeam();
    const receipt = await fill(team, 2);
    const id = `${receipt}:2`;
    const { resource } = await cosmos.containers.quarantine.item(id, [team.org.orgId, id]).read();
    const unsettled = receipt.replace(/.$/, (last) => (last === "A" ? "B" : "A"));
    const pending = `${unsettled}:2`;
    await cosmos.containers.quarantine.items.create({ ...resource, id: pending, receipt_id: unsettled });
    const job = await done(team, (await discard(team, wrongType)).body.job_id);
    expect(job).toMatchObject({ counts: { discarded: 2, left: 1 } });
    expect(job.errors).toEqual([expect.objectContaining({ target: pending, code: "receipt_pending" })]);
  });
});

describe("a job", () => {
  it("is stopped and continued by those who may do what it does, and by nobody else", async () => {
    const team = await makeTeam();
    await fill(team, 60);
    const path = `/api/v1/jobs/${await makeLiveJob(cosmos.containers, team.org.orgId, 1)}`;
    const stopped = await team.ada.call("POST", `${path}/stop`);
    expect([stopped.status, stopped.body.state, stopped.body.ended_at]).toEqual([200, "stopped", null]);
    await addMember(team.org.orgId, "ben", "member");
    const ben = await enter("ben", team.org.orgId);
    const other = await makeTeam();
    for (const verb of ["stop", "continue"]) {
      const refused = await ben.call("POST", `${path}/${verb}`);
      expect([refused.status, refused.body.scope]).toEqual([403, "quarantine:discard"]);
      const foreign = await other.ada.call("POST", `${path}/${verb}`);
      expect([foreign.status, foreign.body.code]).toEqual([404, "job_not_found"]);
    }
    expect((await ben.call("GET", path)).body).toMatchObject({ state: "stopped" });
    expect((await other.ada.call("GET", path)).status).toBe(404);
    expect((await team.ada.call("POST", `${path}/continue`)).status).toBe(200);
    const job = await done(team, path.split("/").at(-1));
    expect(job).toMatchObject({ counts: { discarded: 61 } });
    for (const verb of ["stop", "continue"]) {
      const { status, body } = await team.ada.call("POST", `${path}/${verb}`);
      expect([status, body.code, body.state]).toEqual([409, "job_ended", "done"]);
    }
    const trail = await team.ada.call("GET", "/api/v1/audit?limit=200");
    const actions = (trail.body.entries as Json[]).map(({ action }) => String(action));
    const ofJobs = actions.filter((action) => action.startsWith("job."));
    expect(ofJobs).toEqual(["job.continued", "job.stopped"]);
  });

  it("that stands still goes on when someone looks at it", async () => {
    const team = await makeTeam();
    await fill(team, 3);
    const moved_at = new Date(Date.now() - 600_000).toISOString();
    const id = await makeLiveJob(cosmos.containers, team.org.orgId, 1, { moved_at });
    expect(await done(team, id)).toMatchObject({ counts: { discarded: 4 } });
  });

  it(`more than ${MOST_LIVE} live ones of an org are refused, with their names; those of another org go on`, async () => {
    const team = await makeTeam();
    await fill(team, 1);
    const places = Array.from({ length: MOST_LIVE }, (_, i) => i + 1);
    const jobs = await Promise.all(places.map((place) => makeLiveJob(cosmos.containers, team.org.orgId, place)));
    const { status, body } = await discard(team, wrongType);
    expect([status, body.code, body.limit]).toEqual([409, "too_many_jobs", MOST_LIVE]);
    expect([...(body.jobs as string[])].sort()).toEqual(jobs.sort());
    const other = await makeTeam();
    await fill(other, 1);
    const job = await done(other, (await discard(other, wrongType)).body.job_id);
    expect(job).toMatchObject({ counts: { discarded: 1 } });
  });

  it("is told of what cannot be: no reason, a range that is reversed, a filter and an id that there are not", async () => {
    const team = await makeTeam();
    for (const [body, code] of [
      [{}, "invalid_body"],
      [{ reason: "x", code: "none" }, "invalid_body"],
      [{ reason: "x", user_id: "u" }, "invalid_body"],
      [{ reason: "x", from: "yesterday" }, "invalid_body"],
      [{ reason: "x", from: "2026-11-02T00:00:00Z", to: "2026-11-01T00:00:00Z" }, "invalid_parameter"],
    ] as const) {
      const answer = await discard(team, body);
      expect([answer.status, answer.body.code]).toEqual([400, code]);
    }
    for (const id of ["none", "place.1", uuidv7(Date.now())]) {
      const answer = await team.ada.call("GET", `/api/v1/jobs/${id}`);
      expect([answer.status, answer.body.code]).toEqual([404, "job_not_found"]);
    }
    expect((await team.ada.call("GET", "/api/v1/jobs?cursor=place.1")).body.code).toBe("invalid_parameter");
  });

  it("of an org without any events to discard is done at once", async () => {
    const team = await makeTeam();
    const job = await done(team, (await discard(team, wrongType)).body.job_id);
    expect(job).toMatchObject({ counts: {}, progress: { done: 0, total: 0 } });
  });
});

it("a text in the jobs' queue that is no message of a job ends in the service's quarantine as it is", async () => {
  const text = `no job ${uuidv7(Date.now())}`;
  await jobsQueue().sendMessage(text);
  const query = {
    query: "SELECT c.raw FROM c WHERE c.message = @source",
    parameters: [{ name: "@source", value: `jobs queue: ${text}` }],
  };
  const raw = await until(async () => {
    const { resources } = await cosmos.containers.quarantine.items.query(query).fetchAll();
    return (resources as { readonly raw: unknown }[])[0]?.raw;
  });
  expect(raw).toEqual({ base64: Buffer.from(text).toString("base64") });
});
