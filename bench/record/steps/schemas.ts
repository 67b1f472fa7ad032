import { bearer, json, type RequestStep } from "../step.ts";

function call(name: string, method: string, path: string, body?: object): RequestStep {
  const sent = body === undefined ? {} : { body: json(body) };
  return { name, method, path: `/api/v1/${path}`, headers: bearer("cleoToken"), ...sent };
}

const schema = { type: "object", properties: { n: { type: "integer" } } };
const recorded = { event_type: "of/a recording", version: 1 };
const one = `event_type=${encodeURIComponent(recorded.event_type)}`;

/** As Cleo, of a type that nobody sends. */
export const schemas: readonly RequestStep[] = [
  call("schema-check", "POST", "schemas/check", { ...recorded, schema }),
  call("schema", "POST", "schemas", { ...recorded, schema, examples: [{ n: 1 }] }),
  call("schema-again", "POST", "schemas", { ...recorded, schema, examples: [{ n: 1 }] }),
  call("schema-another", "POST", "schemas", { ...recorded, schema: {} }),
  call("schema-gap", "POST", "schemas", { ...recorded, version: 3, schema }),
  call("schema-unfit", "POST", "schemas", { ...recorded, version: 2, schema: { type: "none" } }),
  call("schema-breaking", "POST", "schemas", { ...recorded, version: 2, schema: { ...schema, required: ["n"] } }),
  call("schema-of-the-platform", "POST", "schemas", { ...recorded, event_type: "page_view", schema }),
  call("schema-bad-body", "POST", "schemas", {}),
  call("schemas", "GET", "schemas"),
  call("schema-type", "GET", `schemas/type?${one}`),
  call("schema-type-unknown", "GET", "schemas/type?event_type=none"),
  call("schema-version", "GET", `schemas/version?${one}&version=1`),
  call("schema-version-unknown", "GET", `schemas/version?${one}&version=9`),
  call("schema-version-of-the-platform", "GET", "schemas/version?event_type=page_view&version=1"),
  call("schema-owner", "PATCH", "schemas/type", { event_type: recorded.event_type, owner: "records" }),
  call("schema-backfill-nothing", "POST", "schemas/type/backfill", { event_type: recorded.event_type }),
  call("schema-backfill-unknown", "POST", "schemas/type/backfill", { event_type: "none" }),
  call("schema-paths", "PATCH", "schemas/type", { event_type: recorded.event_type, promote: ["/n"] }),
  call("events-where", "GET", `events?${one}&where=/n:1`),
  call("events-where-other", "GET", `events?${one}&where=/other:1`),
  call("schema-deprecated", "PATCH", "schemas/version", { ...recorded, status: "deprecated" }),
  call("schema-draft-again", "PATCH", "schemas/version", { ...recorded, status: "draft" }),
  call("schemas-strict", "PATCH", "schemas", { strict: true }),
  call("schemas-not-strict", "PATCH", "schemas", { strict: false }),
];
