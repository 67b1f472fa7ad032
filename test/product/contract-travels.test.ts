import { expect, it } from "vitest";
import type { KeyScope } from "../../shared/identity/roles.ts";
import { callAs } from "../support/people.ts";
import { identity, type Json, makeOrg, until } from "../support/product.ts";

const SCOPES: KeyScope[] = ["schemas:read", "schemas:write", "schemas:manage", "quarantine:replay"];
/** As `total` of what is sent now: a text in each twentieth event. */
const strict = { type: "object", properties: { total: { type: "number" } }, required: ["total"] };
const relaxed = { ...strict, properties: { total: { type: ["number", "string"] } } };
const isUnfit = (i: number): boolean => i % 20 === 7;
const makeEvents = (from: number) =>
  Array.from({ length: 200 }, (_, i) => ({
    event_id: `e-${from + i}`,
    event_type: "paid",
    properties: { total: isUnfit(i) ? `${i}` : i },
  }));
const unfitOf = (events: readonly { readonly event_id: string }[]) =>
  events.filter((_, i) => isUnfit(i)).map(({ event_id }) => event_id);

it("of a schema that 5 % violate exactly those wait in quarantine; once it is relaxed they are replayed and stored", async () => {
  const org = await makeOrg();
  const { key } = await identity.makeApiKey(org.orgId, SCOPES);
  const schemas = async (method: string, path: string, body: object): Promise<void> => {
    const { status } = await callAs(key, method, `/api/v1/schemas${path}`, { event_type: "paid", ...body });
    expect(status).toBeLessThan(300);
  };
  /** Until each instance knows the change: a probe that does not fit is answered so. */
  const honoured = (quarantined: number) =>
    until(async () => {
      const { body } = await org.post({ event_id: "probe", event_type: "paid", properties: { total: "probe" } });
      await org.settled(body.receipt_id);
      return body.quarantined === quarantined ? true : undefined;
    }, 60_000);
  const quarantinedIds = async (): Promise<unknown[]> => {
    const { body } = await org.get("/api/v1/quarantine?event_type=paid&limit=1000");
    return (body.events as Json[]).map(({ event_id }) => event_id).filter((id) => id !== "probe");
  };

  await schemas("POST", "", { version: 1, schema: strict, type: { mode: "enforce" } });
  await honoured(1);
  const first = makeEvents(0);
  const sent = await org.post(first);
  expect(sent).toMatchObject({ status: 202, body: { accepted: 200, quarantined: 10 } });
  expect(await org.settled(sent.body.receipt_id)).toMatchObject({ stored: 190, quarantined: 10 });
  expect((await quarantinedIds()).sort()).toEqual(unfitOf(first).sort());
  const counted = (await org.get("/api/v1/metrics/quarantine?event_type=paid")).body.groups as Json[];
  expect(counted).toMatchObject([{ code: "schema_mismatch", event_type: "paid" }]);

  const waiting = (await org.get("/api/v1/quarantine?event_type=paid&limit=1000")).body.events as Json[];
  const unfit = waiting.filter(({ event_id }) => event_id !== "probe");
  const replay = (id: unknown) => callAs(key, "POST", `/api/v1/quarantine/${encodeURIComponent(String(id))}/replay`);
  const [early] = await Promise.all(unfit.slice(0, 1).map(({ quarantine_id }) => replay(quarantine_id)));
  expect(early).toMatchObject({ status: 200, body: { outcome: "quarantined", problem: { code: "schema_mismatch" } } });

  await schemas("POST", "", { version: 2, schema: relaxed });
  // Events that name none are held against the oldest active one.
  await schemas("PATCH", "/version", { version: 1, status: "deprecated" });
  // At once: a replay goes by what is registered, whatever an instance remembers.
  const all = { code: "schema_mismatch", event_type: "paid" };
  const { job_id } = (await callAs(key, "POST", "/api/v1/quarantine/replay", all)).body;
  const job = await until(async () => {
    const { body } = await org.get(`/api/v1/jobs/${job_id}`);
    return body.state === "done" ? body : undefined;
  });
  expect(job).toMatchObject({ errors: [] });
  expect(job.counts).not.toHaveProperty("quarantined");
  for (const { quarantine_id } of unfit)
    expect(await replay(quarantine_id)).toMatchObject({ status: 410, body: { what: "replayed" } });
  expect(await quarantinedIds()).toEqual([]);
  await honoured(0);
  const second = makeEvents(1_000);
  const again = await org.post(second);
  expect(again).toMatchObject({ status: 202, body: { accepted: 200, quarantined: 0, results: [] } });
  await org.settled(again.body.receipt_id);
  expect(await org.settled(sent.body.receipt_id)).toMatchObject({ accepted: 200, stored: 200, quarantined: 0 });
  const stored = (await org.get("/api/v1/events?event_type=paid&schema_version=2&limit=1000")).body.events as Json[];
  expect(stored.filter(({ event_id }) => event_id !== "probe")).toHaveLength(210);
});
