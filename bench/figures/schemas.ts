import { connectProduct } from "../../test/support/connect-product.ts";
import { until } from "../../test/support/until.ts";
import { eventTypes } from "../load/make-bodies.ts";
import { productTriggers, startSplitApp } from "../rig/start-app.ts";
import type { Figure } from "./figure.ts";
import { type Load, measureLoad, type Samples } from "./ingest-turns.ts";
import { median, medianRatio } from "./statistics.ts";

const load: Load = { name: "100", batch: 100, encoding: "identity", connections: 16 };
const [JUDGED, FREE] = ["with schemas", "without"] as const;

/** Of each type, as an org would write it: all that its events have. */
const schema = {
  type: "object",
  properties: {
    page: { type: "string", pattern: "^/[a-z0-9/-]*$", maxLength: 200 },
    referrer: { type: "string", format: "uri" },
    price: { type: "number", minimum: 0, multipleOf: 0.01 },
    quantity: { type: "integer", minimum: 1, maximum: 100 },
    tags: { type: "array", items: { enum: ["spring", "summer", "returning"] }, uniqueItems: true, maxItems: 10 },
  },
  required: ["page", "price", "quantity"],
  additionalProperties: false,
};

export const schemas: Figure = {
  name: "schemas",
  title: "Taking events that schemas judge: events a second that are answered 202",
  measure: async (rig) => {
    const app = await startSplitApp(rig, { appDir: rig.bundleDir }, productTriggers);
    app.rest();
    const rivals = [
      { name: JUDGED, apiKey: await makeJudgedOrg(app.stack) },
      { name: FREE, apiKey: await app.makeOrg("free") },
    ].map((one) => ({
      ...one,
      ...{ baseUrl: app.baseUrl, pids: { server: app.pids["ingest host"] }, takesGzip: true },
    }));
    const problems: string[] = [];
    const samples = await measureLoad(rig, load, rivals, problems);
    const found = medianRatio(rates(samples, JUDGED), rates(samples, FREE));
    return {
      tables: [
        {
          columns: [`batches of 100, ${eventTypes.length} types`, "events/s", "CPU µs/event"],
          rows: rivals.map(({ name }) => [name, median(rates(samples, name)), median(cpu(samples, name))]),
        },
      ],
      aims: [{ what: "events/s with schemas ÷ without", found, better: "more", aim: 0.8 }],
      notes: [
        "One host and two orgs, which take turns. Each type has a schema of five properties, under `enforce`: a pattern, a format, a multiple, an enum, items that differ. All events fit.",
      ],
      problems,
    };
  },
};

function rates(samples: Samples, name: string): number[] {
  return (samples.get(name) ?? []).map(({ eventsPerSecond }) => eventsPerSecond);
}

function cpu(samples: Samples, name: string): number[] {
  return (samples.get(name) ?? []).map((sample) => sample.cpu.server ?? Number.NaN);
}

/** Gives the key of an org whose schemas are heeded. */
async function makeJudgedOrg(stack: Parameters<typeof connectProduct>[0]): Promise<string> {
  const product = connectProduct(stack);
  const org = await product.makeOrg(["events:write", "schemas:write"]);
  const headers = { authorization: `Bearer ${org.key}`, "content-type": "application/json" };
  for (const event_type of eventTypes) {
    const body = JSON.stringify({ event_type, version: 1, schema, type: { mode: "enforce" } });
    const { status } = await product.request("/api/v1/schemas", { method: "POST", headers, body });
    if (status !== 201) throw new Error(`a schema was answered ${status}`);
  }
  const wrong = [{ event_type: eventTypes[0], properties: {} }, { event_type: "free" }];
  await until(async () => ((await org.post(wrong)).body.quarantined === 1 ? true : undefined), 60_000);
  product.close();
  return org.key;
}
