import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { QueueClient } from "@azure/storage-queue";
import { afterAll, beforeAll, expect, it } from "vitest";
import { relaxAndReplay } from "../../bench/quarantine/relax-and-replay.ts";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import type { Stack } from "../../local/launcher/stack.ts";
import { encodeJobMessage } from "../../shared/jobs/job-message.ts";
import { queues } from "../../shared/store/resources.ts";
import { connectPeople, type Member } from "../support/connect-people.ts";
import type { Json, RunningProduct, TestOrg } from "../support/connect-product.ts";
import { hearsSoon, startTestStack, type TestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

let stack: Stack;
let product: RunningProduct;
let end: TestStack["end"];

beforeAll(async () => {
  // A killed host's messages are hidden for 10 minutes, in Azure as here; no test waits that long.
  ({ stack, product, end } = await startTestStack({ hostArgs: ["--queue-lease", "5"], env: hearsSoon }));
});
afterAll(() => end());

interface Team {
  readonly org: TestOrg;
  readonly ada: Member;
}

const WRONG = 300;

/** An org with an admin, and with so many events in quarantine beside one of another kind and stored ones. */
async function makeTeam(): Promise<Team> {
  const people = connectPeople(product, stack);
  const orgId = await people.makeEmptyOrg();
  await people.addMember(orgId, "ada", "admin");
  const org = product.withKey(orgId, await product.identity.makeApiKey(orgId));
  for (let batch = 0; batch < 6; batch++) {
    const wrong = Array.from({ length: WRONG / 6 }, (_, i) => ({ event_type: "paid", user_id: i }));
    const { body } = await org.post([{ event_type: "paid" }, ...(batch === 0 ? [{ user_id: "u" }] : []), ...wrong]);
    await org.settled(body.receipt_id);
  }
  return { org, ada: await people.enter("ada", orgId) };
}

/** While the host is away, nobody answers. */
const read = async ({ ada }: Team, path: string): Promise<Json | undefined> =>
  (await ada.call("GET", path).catch(() => undefined))?.body;

const doneOf = (job: Json | undefined): number => (job?.progress as { readonly done: number } | undefined)?.done ?? 0;

/** Ends the host, with whatever it has in hand, when a job has come so far, and starts it again. */
async function killAt(team: Team, path: string, least: number): Promise<void> {
  await until(async () => doneOf(await read(team, path)) >= least || undefined);
  await stack.kill("functions-host");
  await stack.restart("functions-host");
}

it("jobs of two orgs, whose host is killed twice and whose messages come twice, and one of which is stopped and continued, do each thing once", async () => {
  const teams = [await makeTeam(), await makeTeam()];
  const [one, two] = teams;
  if (!one || !two) throw new Error("there are two");
  const paths = await Promise.all(
    teams.map(async ({ ada }) => {
      const asked = { code: "wrong_type", reason: "a test of ours" };
      const { status, headers } = await ada.call("POST", "/api/v1/quarantine/discard", asked);
      expect(status).toBe(202);
      return headers.get("location") ?? "";
    }),
  );
  const [path = "", other = ""] = paths;
  await killAt(one, path, 50);
  const stopped = await until(async () => {
    const answer = await two.ada.call("POST", `${other}/stop`);
    return answer.status === 200 ? answer.body : undefined;
  });
  expect(stopped.state).toBe("stopped");
  const queue = new QueueClient(stack.storage.connectionString ?? "", queues.jobs);
  for (let step = 0; step < 8; step++) {
    const jobId = path.split("/").at(-1) ?? "";
    await queue.sendMessage(encodeJobMessage({ attempt: 0, step, orgId: one.org.orgId, jobId }));
  }
  await killAt(one, path, 150);
  const standing = doneOf(await until(() => read(two, other)));
  expect((await two.ada.call("POST", `${other}/continue`)).status).toBe(200);
  for (const [i, team] of teams.entries()) {
    const job = await until(async () => {
      const body = await read(team, paths[i] ?? "");
      return body?.state === "done" ? body : undefined;
    }, 120_000);
    expect(job).toMatchObject({ counts: { discarded: WRONG }, progress: { done: WRONG, total: WRONG }, errors: [] });
    const { totals } = (await team.org.get("/api/v1/ledger")).body;
    expect(totals).toEqual({ settled: WRONG + 7, stored: 6, duplicate: 0, quarantined: 1, discarded: WRONG });
    const trail = await team.ada.call("GET", "/api/v1/audit?action=event.discarded&limit=1000");
    expect(trail.body.entries).toHaveLength(WRONG);
  }
  expect(standing).toBeLessThan(WRONG);
  const { violations } = await proveAccount(accessOf(stack.env), product.cosmos.containers);
  expect(violations).toEqual([]);
}, 300_000);

/** As a line of the file that `npm run edits:quarantine` takes; each twentieth is above what the others stay below. */
const makeEdit = (i: number) => ({
  time: new Date(Date.UTC(2015, 8, 12, 0, 0, i)).toISOString(),
  ...{ namespace: ["Main", "Talk", "User"][i % 3], user: `u${i % 7}`, page: `p${i}` },
  delta: i % 20 === 7 ? 1_000 + i : i % 90,
});

it("edits that wait for a relaxed schema are replayed through kills, and the account closes wherever the replay stands", async () => {
  const dir = await mkdtemp(join(tmpdir(), "headrace-edits-"));
  const file = join(dir, "edits.ndjson");
  const lines = Array.from({ length: 2_400 }, (_, i) => JSON.stringify(makeEdit(i)));
  await writeFile(file, lines.join("\n"));
  const report = await relaxAndReplay({ stack, product, file, say: () => undefined });
  expect(report.differences).toEqual([]);
  expect(report).toMatchObject({ edits: 2_400, unfit: 120, kills: 2 });
  expect(report.proofs).toBeGreaterThan(2);
  await rm(dir, { recursive: true });
}, 300_000);
