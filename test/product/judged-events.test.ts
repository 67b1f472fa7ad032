import { expect, it } from "vitest";
import type { KeyScope } from "../../shared/identity/roles.ts";
import { callAs } from "../support/people.ts";
import { cosmos, identity, type Json, makeOrg, request, type TestOrg, until } from "../support/product.ts";

const schema = { properties: { total: { type: "number" } }, required: ["total"], additionalProperties: false };
const SCOPES: KeyScope[] = ["schemas:read", "schemas:write", "schemas:manage"];

interface SchemaOrg extends TestOrg {
  schemas(method: string, path: string, body: object): Promise<void>;
  /** Sends an event until it gets this answer: what an instance knows is up to half a minute old. */
  settledOn(event: object, code: string | undefined): Promise<Json>;
}

async function makeSchemaOrg(): Promise<SchemaOrg> {
  const org = await makeOrg();
  const { key } = await identity.makeApiKey(org.orgId, SCOPES);
  return {
    ...org,
    schemas: async (method, path, body) => {
      const { status } = await callAs(key, method, `/api/v1/schemas${path}`, body);
      expect(status).toBeLessThan(300);
    },
    settledOn: (event, code) =>
      until(async () => {
        const { body } = await org.post(event);
        const [first] = body.results as Json[];
        return first?.code === code ? body : undefined;
      }, 60_000),
  };
}

it("an event that does not fit waits in quarantine, whole, with its reason and version; its neighbours are stored", async () => {
  const org = await makeSchemaOrg();
  await org.schemas("POST", "", { event_type: "paid", version: 1, schema, type: { mode: "enforce" } });
  const bad = { event_id: "bad", event_type: "paid", properties: { total: "5", note: "x" } };
  // A request with nothing else is taken too: the event is one, and waits for its schema or its sender to be mended.
  const { receipt_id } = await org.settledOn({ event_type: "paid", properties: {} }, "schema_mismatch");
  expect(await org.settled(receipt_id)).toMatchObject({
    ...{ stored: 0, quarantined: 1 },
    results: [{ index: 0, result: "quarantined", code: "schema_mismatch" }],
  });
  const sent = await org.post([{ event_id: "good", event_type: "paid", properties: { total: 5 } }, bad]);
  expect(sent).toMatchObject({
    status: 202,
    body: {
      ...{ accepted: 2, quarantined: 1 },
      results: [{ index: 1, code: "schema_mismatch", path: "events[1].properties.total" }],
    },
  });
  await org.settled(sent.body.receipt_id);
  const { event } = (await org.get("/api/v1/events/good")).body;
  expect(event).toMatchObject({ schema_version: 1, properties: { total: 5 } });
  expect((await org.get("/api/v1/events/bad")).status).toBe(404);
  const waiting = (await org.get("/api/v1/quarantine?code=schema_mismatch")).body.events as Json[];
  expect(waiting[0]).toMatchObject({ event_id: "bad", event_type: "paid", schema_version: 1 });
  const one = (await org.get(`/api/v1/quarantine/${encodeURIComponent(String(waiting[0]?.quarantine_id))}`)).body;
  expect(JSON.stringify(one)).toContain(JSON.stringify(JSON.stringify(bad)).slice(1, -1));
});

it("under `warn` it is stored with the warning, which its readers see and `select` names", async () => {
  const org = await makeSchemaOrg();
  await org.schemas("POST", "", { event_type: "paid", version: 1, schema, type: { mode: "warn" } });
  await until(async () => {
    const { body } = await org.post({ event_id: `w${Date.now()}`, event_type: "paid", properties: {} });
    await org.settled(body.receipt_id);
    const events = (await org.get("/api/v1/events?select=schema_warnings,schema_version")).body.events as Json[];
    return events.find(({ schema_warnings }) => schema_warnings !== undefined);
  }, 60_000).then((event) =>
    expect(event).toEqual({
      schema_version: 1,
      schema_warnings: [
        {
          ...{ code: "schema_mismatch", path: "properties.total" },
          message: "found nothing, expected a value: it is required (version 1)",
        },
      ],
    }),
  );
});

it("a strict org takes types that are registered and the platform's; every way in is judged", async () => {
  const org = await makeSchemaOrg();
  await org.schemas("POST", "", { event_type: "paid", version: 1, schema, type: { mode: "enforce" } });
  await org.schemas("PATCH", "", { strict: true });
  await org.settledOn({ event_type: "other" }, "type_unknown");
  expect((await org.post({ event_type: "page_view" })).body.quarantined).toBe(0);
  const call = (event: string, properties: object) =>
    request("/v1/track", {
      method: "POST",
      headers: { authorization: `Bearer ${org.key}`, "content-type": "application/json" },
      body: JSON.stringify({ event, userId: "u", properties }),
    });
  expect((await call("paid", { total: "5" })).body.results).toMatchObject([{ code: "schema_mismatch" }]);
  expect((await call("unknown", {})).body.results).toMatchObject([{ code: "type_unknown" }]);
  expect((await call("paid", { total: 5 })).body.results).toEqual([]);
});

it("an org whose schemas are spoiled is not taken (503), and no other org notices", async () => {
  const [org, other] = [await makeSchemaOrg(), await makeOrg()];
  await org.schemas("POST", "", { event_type: "paid", version: 1, schema, type: { mode: "enforce" } });
  const stored = cosmos.containers.registry.item("schemas", org.orgId);
  await stored.replace({ ...(await stored.read()).resource, types: "none" });
  const refused = await until(async () => {
    const answer = await org.post({ event_type: "paid", properties: { total: 1 } });
    return answer.status === 503 ? answer : undefined;
  }, 60_000);
  expect(refused.body).toMatchObject({ code: "schemas_unavailable" });
  expect(refused.headers.get("retry-after")).not.toBeNull();
  expect((await other.post({ event_type: "paid", properties: {} })).status).toBe(202);
});
