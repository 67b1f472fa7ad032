import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as cloudevents from "../../../../shared/ingest/dialects/cloudevents/translate-cloud-event.ts";
import * as otlp from "../../../../shared/ingest/dialects/otlp/translate-record.ts";
import * as posthog from "../../../../shared/ingest/dialects/posthog/translate-event.ts";
import * as segment from "../../../../shared/ingest/dialects/segment/translate-call.ts";
import { cloudEvent, leavesOfLog, logRecord, posthogEvent, segmentCall } from "../../../support/dialect-payloads.ts";
import { findLost } from "../../../support/find-lost.ts";
import { mutantsOf } from "../../../support/mutate-module.ts";

/** What of a payload a translation does not have in its event. */
type Lost = () => readonly unknown[];

interface Dialect<Module> {
  readonly path: string;
  readonly module: Module;
  /** A random payload, translated by a module of this form. */
  readonly attempt: (module: Module) => fc.Arbitrary<Lost>;
  /** What may be left out, since it stands elsewhere too, or is nothing. */
  readonly twice?: readonly string[];
}

const ofSegment: Dialect<typeof segment> = {
  path: "shared/ingest/dialects/segment/translate-call.ts",
  module: segment,
  attempt: ({ translateCall }) =>
    segmentCall.map(({ sent, context, beside }) => () => {
      const { writeKey, ...kept } = sent;
      const around = { ...context, ...(sent.context as object) };
      return findLost({ ...kept, context: around, beside }, translateCall(sent, { context, beside }));
    }),
  twice: ["session_id: sessionIn(around)", "properties: named"],
};

const ofPosthog: Dialect<typeof posthog> = {
  path: "shared/ingest/dialects/posthog/translate-event.ts",
  module: posthog,
  attempt: ({ translateEvent }) =>
    posthogEvent.map(({ sent, beside }) => () => {
      const { api_key, token, ...kept } = sent;
      return findLost({ ...kept, beside }, translateEvent(sent, { beside }));
    }),
  twice: ['anonymous_id: memberOf(properties, "$anon_distinct_id")'],
};

const ofCloudEvents: Dialect<typeof cloudevents> = {
  path: "shared/ingest/dialects/cloudevents/translate-cloud-event.ts",
  module: cloudevents,
  attempt: ({ translateCloudEvent }) => cloudEvent.map((sent) => () => findLost(sent, translateCloudEvent(sent))),
  twice: ["event_id: idOf(String(source), String(id))"],
};

const ofLogs: Dialect<typeof otlp> = {
  path: "shared/ingest/dialects/otlp/translate-record.ts",
  module: otlp,
  attempt: ({ translateRecord }) =>
    logRecord.map(({ record, resource, scope, schemaUrl }) => () => {
      const around = { resource: resource ?? {}, scope: scope ?? {}, beside: { schemaUrl } };
      const made = translateRecord({ record, ...around } as unknown as otlp.LogRecord);
      return findLost(leavesOfLog(record, around), made).filter((leaf) => leaf !== 0);
    }),
  twice: [
    ...["user_id: undefined", "session_id: undefined", "event_type: fields.event_type || LOG"],
    ...["...given", "timestamp: undefined"],
  ],
};

function isLossless<Module>({ attempt }: Dialect<Module>, module: Module, numRuns: number): boolean {
  const property = fc.property(attempt(module), (lost) => lost().length === 0);
  return !fc.check(property, { numRuns, endOnFailure: true }).failed;
}

function show<Module>(dialect: Dialect<Module>): void {
  it("has each leaf of any payload in its event", () => {
    fc.assert(
      fc.property(dialect.attempt(dialect.module), (lost) => void expect(lost()).toEqual([])),
      { numRuns: 300 },
    );
  });

  it("that leaves out one member of what it makes loses a leaf, which is found", async () => {
    const unnoticed: string[] = [];
    const mutants = mutantsOf(dialect.path);
    expect(mutants.length).toBeGreaterThan(5);
    for (const { without, load } of mutants) {
      // It ends with the first payload that loses something. A member that few payloads have takes long to be missed.
      const runs = dialect.twice?.includes(without) ? 300 : 5_000;
      if (isLossless(dialect, (await load()) as Module, runs)) unnoticed.push(without);
    }
    expect(unnoticed).toEqual(dialect.twice ?? []);
  });
}

describe("a translation of Segment's calls", () => show(ofSegment));
describe("a translation of PostHog's events", () => show(ofPosthog));
describe("a translation of CloudEvents", () => show(ofCloudEvents));
describe("a translation of log records", () => show(ofLogs));
