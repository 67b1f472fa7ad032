import { beforeEach, describe, expect, it } from "vitest";
import { SERVICE_ORG_ID } from "../../../shared/identity/org-id.ts";
import { type PersistDeps, persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { triesOf } from "../../../shared/pipeline/queue-message.ts";
import { takeBackPoison } from "../../../shared/pipeline/take-back-poison.ts";
import { decodeWorkItem, encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { makeEnvelope as envelopeOf, makeServices } from "../../support/work-items.ts";

const makeEnvelope = async (orgId: string, eventIds: readonly string[]): Promise<Buffer> =>
  (await envelopeOf(orgId, eventIds)).encoded;

let services: ReturnType<typeof makeServices>;
beforeEach(() => {
  services = makeServices();
});

/** A defect of ours: storing one certain event fails, in an answer that nobody foresaw. */
function failingAt(eventId: string): PersistDeps {
  const { events } = services;
  const create: typeof events.create = (documents) => {
    if (documents.some((document) => document.receipt_id !== null && document.id === eventId))
      throw new TypeError("a defect");
    return events.create(documents);
  };
  return { ...services, events: { ...events, create } };
}

it.each([1, 5])("settles an event once at try %i though its envelope came twice", async (tries) => {
  const { events } = services;
  const created: string[] = [];
  const create: typeof events.create = (documents) => {
    created.push(...documents.map(({ id }) => id));
    return events.create(documents);
  };
  const envelope = await makeEnvelope("a", ["one", "two"]);
  const item = encodeWorkItem(0, [envelope, envelope]);
  await persistWorkItem({ ...services, events: { ...events, create } }, item, tries, silent);
  expect(created.sort()).toEqual(["one", "two"]);
  expect(services.ledger.entries()).toMatchObject([{ outcomes: [2, 0, 0] }]);
});

describe("a work item with an event that cannot be stored for an unknown reason", () => {
  it.each([1, 4])("is left to the host at try %i", async (tries) => {
    const item = encodeWorkItem(0, [await makeEnvelope("a", ["good", "bad"])]);
    await expect(persistWorkItem(failingAt("bad"), item, tries, silent)).rejects.toThrow("a defect");
    expect(services.ledger.entries()).toEqual([]);
  });

  it.each([5, 6, 2_147_483_647])("is gone through event by event at try %i", async (tries) => {
    const item = encodeWorkItem(0, [await makeEnvelope("a", ["good", "bad"]), await makeEnvelope("b", ["other"])]);
    await persistWorkItem(failingAt("bad"), item, tries, silent);
    expect(services.queue.messages).toEqual([]);
    expect(Object.fromEntries(services.ledger.entries().map(({ org_id, outcomes }) => [org_id, outcomes]))).toEqual({
      a: [1, 0, 1],
      b: [1, 0, 0],
    });
    expect(services.quarantine.all()).toMatchObject([{ org_id: "a", code: "processing_failed" }]);
  });
});

describe("a work item with an envelope whose account is refused", () => {
  const refusing = (): PersistDeps => {
    const { ledger } = services;
    const createEntries: typeof ledger.createEntries = async (step) =>
      step.orgId === "a" ? { status: "refused", reason: "413" } : ledger.createEntries(step);
    return { ...services, ledger: { ...ledger, createEntries } };
  };

  it("is left to the host at first", async () => {
    const item = encodeWorkItem(0, [await makeEnvelope("a", ["x"])]);
    await expect(persistWorkItem(refusing(), item, 4, silent)).rejects.toThrow("the ledger refuses an entry");
  });

  it("puts only that envelope back at the 5th try, and settles the others", async () => {
    const item = encodeWorkItem(7, [await makeEnvelope("a", ["x"]), await makeEnvelope("b", ["y"])]);
    await persistWorkItem(refusing(), item, 5, silent);
    expect(services.ledger.entries()).toMatchObject([{ org_id: "b", outcomes: [1, 0, 0] }]);
    const [back, ...others] = services.queue.messages;
    expect(others).toEqual([]);
    const { attempt, frames } = decodeWorkItem(back?.text ?? "");
    // Its event was stored, and that is progress.
    expect([attempt, frames]).toMatchObject([1, [{ head: { org_id: "a" } }]]);
    expect(back?.delaySeconds).toBe(1);
  });
});

describe("bytes that are not ours", () => {
  it("in a work item are kept, and its other envelopes settled", async () => {
    const item = encodeWorkItem(0, [Buffer.from("not an envelope"), await makeEnvelope("a", ["x"])]);
    await persistWorkItem(services, item, 1, silent);
    expect(services.quarantine.all()).toMatchObject([{ org_id: SERVICE_ORG_ID }]);
    expect(services.ledger.entries()).toMatchObject([{ org_id: "a", outcomes: [1, 0, 0] }]);
  });

  it("that are no work item stay with the host while the quarantine does not answer", async () => {
    services.quarantine.away = true;
    await expect(persistWorkItem(services, "not a work item", 1, silent)).rejects.toThrow("does not answer");
    services.quarantine.away = false;
    await persistWorkItem(services, "not a work item", 1, silent);
    expect(services.quarantine.all()).toHaveLength(1);
  });
});

it("an event whose tombstone others change in every round is left open, and settled by a later try", async () => {
  const { events } = services;
  const replace: typeof events.replace = async () => ({ status: "conflict" });
  const refused = encodeWorkItem(0, [await makeEnvelope("a", ["bad"])]);
  await persistWorkItem(failingAt("bad"), refused, 5, silent);
  const contended = failingAt("bad");
  const again = encodeWorkItem(0, [await makeEnvelope("a", ["bad"])]);
  await persistWorkItem({ ...contended, events: { ...contended.events, replace } }, again, 5, silent);
  const [back] = services.queue.messages.splice(0);
  await persistWorkItem(services, back?.text ?? "", 1, silent);
  expect(services.ledger.entries()).toMatchObject([{ outcomes: [0, 0, 1] }, { outcomes: [1, 0, 0] }]);
});

describe("a message of the poison queue", () => {
  it("goes back into the work queue as it is, whatever it holds", async () => {
    for (const text of [encodeWorkItem(3, [await makeEnvelope("a", ["x"])]), "not a work item"])
      await takeBackPoison(services.queue, text, silent);
    expect(services.queue.messages).toMatchObject([
      { text: expect.stringMatching(/^w1:3:/), delaySeconds: 0 },
      { text: "not a work item", delaySeconds: 0 },
    ]);
  });

  it("stays with the host when the work queue does not answer", async () => {
    services.queue.away = true;
    await expect(takeBackPoison(services.queue, "x", silent)).rejects.toThrow("the service is away");
  });
});

it("the count of tries is the host's, as a number or as a text, and one when there is none", () => {
  const tries = (triggerMetadata?: Record<string, unknown>) => triesOf(triggerMetadata ? { triggerMetadata } : {});
  expect([tries({ dequeueCount: 7 }), tries({ dequeueCount: "7" })]).toEqual([7, 7]);
  expect([tries(), tries({}), tries({ dequeueCount: { low: 7 } })]).toEqual([1, 1, 1]);
});
