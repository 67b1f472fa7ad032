import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { packContent } from "../../../shared/envelope/content.ts";
import { decodeFrame, encodeFrame } from "../../../shared/envelope/frame.ts";
import { SERVICE_ORG_ID } from "../../../shared/identity/org-id.ts";
import { dispatchEnvelopes } from "../../../shared/pipeline/dispatch-envelopes.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { decodeWorkItem, encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt } from "../../../shared/receipt/receipt-id.ts";
import { createMemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import { createTellNewer } from "../../../shared/store/newer-formats.ts";
import { type Logger, silent } from "../../../shared/telemetry/log.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryLedgerStore } from "../../support/memory-ledger-store.ts";
import { createMemoryNewerFormats } from "../../support/memory-newer-formats.ts";
import { createMemoryQuarantineStore } from "../../support/memory-quarantine-store.ts";
import { createMemoryEventStore } from "../../support/memory-stores.ts";
import { createMemoryWorkQueue } from "../../support/memory-work-queue.ts";
import { raiseFrame } from "../../support/raise-frame.ts";

const keys = createKeyRing([randomBytes(32)]);
const NEXT = 3;

function makeServices() {
  const newerFormats = createMemoryNewerFormats();
  const clock = { now: 1_800_000_000_000 };
  const told: string[] = [];
  const log: Logger = { ...silent, error: (message) => void told.push(message) };
  return {
    ...{ newerFormats, clock, told, log },
    events: createMemoryEventStore(),
    ledger: createMemoryLedgerStore(),
    quarantine: createMemoryQuarantineStore(),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    memory: createMemoryBudget(64 * 1024 * 1024),
    tellNewer: createTellNewer(newerFormats, () => clock.now),
  };
}

let services: ReturnType<typeof makeServices>;
beforeEach(() => {
  services = makeServices();
});

async function makeEnvelope(ids: readonly string[], { noise = 0, more = {}, item = {} } = {}): Promise<Buffer> {
  const { receiptId } = mintReceipt(keys, "a", Date.now(), ids.length);
  const items = ids.map((event_id) => {
    const properties = { noise: randomBytes(noise).toString("hex") };
    return JSON.stringify({
      e: { event_id, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z", properties, ...item },
    });
  });
  const { body, bytes } = await packContent(items);
  const head = { org_id: "a", receipt_id: receiptId, events: ids.length, bytes, ...more };
  return encodeFrame({ kind: "inline", head, body });
}

const dispatch = (...bodies: Buffer[]): Promise<void> =>
  dispatchEnvelopes(
    services,
    bodies.map((body, i) => ({ body, source: `0/${i}` })),
    silent,
  );
const take = (): string => services.queue.messages.shift()?.text ?? "";
const persistNext = (): Promise<void> => persistWorkItem(services, take(), 1, services.log);
const outcomes = () => services.ledger.entries().map((entry) => entry.outcomes);

describe("an envelope of a newer release", () => {
  it("is passed on unread, and left open while its neighbours are stored", async () => {
    const newer = raiseFrame(await makeEnvelope(["x"]), NEXT);
    await dispatch(await makeEnvelope(["n1"]), newer, await makeEnvelope(["n2"]));
    await persistNext();
    expect(outcomes()).toEqual([
      [1, 0, 0],
      [1, 0, 0],
    ]);
    for (let i = 1; i < 20; i++) {
      expect(decodeWorkItem(services.queue.messages[0]?.text ?? "")).toEqual({
        attempt: i,
        frames: [{ kind: "newer", version: NEXT, encoded: newer }],
      });
      await persistNext();
    }
    expect(services.quarantine.all()).toEqual([]);
    expect(services.ledger.entries()).toHaveLength(2);
  });

  it("is told once a minute, in the log and to the operator", async () => {
    await dispatch(raiseFrame(await makeEnvelope(["x"]), NEXT), raiseFrame(await makeEnvelope(["y"]), NEXT));
    for (let i = 0; i < 5; i++) await persistNext();
    const line = "work of a newer release waits for an instance that can read it";
    expect(services.told).toEqual([line]);
    services.clock.now += 60_000;
    await persistNext();
    expect(services.told).toEqual([line, line]);
    expect(await services.newerFormats.list()).toEqual([
      { format: "frame", version: NEXT, seenAt: services.clock.now },
    ]);
  });

  it("is told in the log although it cannot be noted for the operator", async () => {
    const warnings: string[] = [];
    const log = { ...silent, warn: (message: string) => void warnings.push(message) };
    const note = () => Promise.reject(new Error("the store is away"));
    await createTellNewer({ note }, () => 0)("frame", NEXT, log);
    expect(warnings).toEqual(["work of a newer release could not be noted for the operator"]);
  });

  it("that fits no message of the queue waits in a blob, and is stored by the release that can read it", async () => {
    const envelope = await makeEnvelope(["x", "y"], { noise: 40_000 });
    await dispatch(raiseFrame(envelope, NEXT));
    for (let i = 0; i < 3; i++) await persistNext();
    expect([outcomes(), services.quarantine.all()]).toEqual([[], []]);
    // As that release sees it: it knows the version.
    const [[blob] = []] = [...services.claims.blobs];
    services.claims.blobs.set(blob ?? "", envelope);
    await persistNext();
    await persistNext();
    expect(outcomes()).toEqual([[2, 0, 0]]);
    expect([services.queue.messages, services.claims.blobs.size]).toEqual([[], 0]);
  });

  it("in the blob of a claim check is left open, and kept", async () => {
    const envelope = await makeEnvelope(["x"], { noise: 60_000 });
    await dispatch(envelope);
    const [[blob = ""] = []] = [...services.claims.blobs];
    services.claims.blobs.set(blob, raiseFrame(envelope, NEXT));
    for (let i = 0; i < 3; i++) await persistNext();
    expect([outcomes(), services.quarantine.all(), services.claims.blobs.size]).toEqual([[], [], 1]);
    services.claims.blobs.set(blob, envelope);
    await persistNext();
    expect(outcomes()).toEqual([[1, 0, 0]]);
  });

  it("with an item of a kind that this release does not know is left open", async () => {
    const { receiptId } = mintReceipt(keys, "a", Date.now(), 1);
    const { body, bytes } = await packContent(['{"z":{}}']);
    await dispatch(
      encodeFrame({ kind: "inline", head: { org_id: "a", receipt_id: receiptId, events: 1, bytes }, body }),
    );
    await persistNext();
    expect([outcomes(), services.quarantine.all(), services.queue.messages.length]).toEqual([[], [], 1]);
  });
});

describe("a work item of a newer release", () => {
  it("is left open, with one attempt more each time", async () => {
    await services.queue.put("w2:3:anything that it means", 0);
    await persistNext();
    await persistNext();
    expect(services.queue.messages.map(({ text }) => text)).toEqual(["w2:5:anything that it means"]);
    expect(services.quarantine.all()).toEqual([]);
    expect(await services.newerFormats.list()).toMatchObject([{ format: "work_item", version: 2 }]);
  });

  it("stays a work item after a million attempts", async () => {
    await services.queue.put("w2:999999:x", 0);
    await persistNext();
    expect(take()).toBe("w2:999999:x");
  });

  it.each(["w2:x:", "w:1:", "w2", "W2:1:abc", " w2:1:abc", "w9999:1:abc"])(
    "is not what a foreign text is: %j",
    async (text) => {
      await services.queue.put(text, 0);
      await persistNext();
      expect(services.queue.messages).toEqual([]);
      expect(services.quarantine.all()).toMatchObject([{ org_id: SERVICE_ORG_ID, raw: { base64: btoa(text) } }]);
    },
  );
});

describe("what is cut off", () => {
  it("as an envelope of the hub, wherever, is stored, quarantined under its receipt, or kept as bytes: once", async () => {
    const envelope = await makeEnvelope(["x", "y"]);
    for (let end = 1; end <= envelope.length; end += 3) {
      services = makeServices();
      await dispatch(envelope.subarray(0, end));
      await persistNext();
      const kept = services.quarantine.all();
      expect(services.queue.messages).toEqual([]);
      expect(kept).toHaveLength(1);
      expect(outcomes()).toEqual(kept[0]?.org_id === "a" ? [[0, 0, 2]] : []);
    }
  });

  it("as a work item, settles the envelopes before the cut, and keeps the rest", async () => {
    const [first, second] = [await makeEnvelope(["x"]), await makeEnvelope(["y"])];
    const text = encodeWorkItem(0, [first, second]);
    await services.queue.put(text.slice(0, -40), 0);
    await persistNext();
    expect(outcomes()).toEqual([[1, 0, 0]]);
    expect(services.quarantine.all()).toMatchObject([{ org_id: SERVICE_ORG_ID, code: "unreadable_envelope" }]);
  });
});

describe("members that this release does not know", () => {
  it("of a head travel on through a put-back and into a claim check", async () => {
    const lost = { ...services.ledger, readEntry: () => Promise.reject(new Error("a defect")) };
    const more = { region: "north" };
    await dispatch(await makeEnvelope(["x"], { more }), await makeEnvelope(["y"], { more, noise: 60_000 }));
    for (const text of services.queue.messages.splice(0).map((message) => message.text))
      await persistWorkItem({ ...services, ledger: lost }, text, 5, silent);
    const frames = services.queue.messages.flatMap(({ text }) => decodeWorkItem(text).frames);
    expect(frames).toMatchObject([{ head: more }, { head: more }]);
    const [blob = Buffer.alloc(0)] = services.claims.blobs.values();
    expect(decodeFrame(blob)).toMatchObject({ head: more });
  });

  it("of a head that leave no room in a work item are in the blob alone, and nothing stands", async () => {
    await dispatch(await makeEnvelope(["x"], { more: { padding: "p".repeat(60_000) } }));
    expect(Buffer.byteLength(services.queue.messages[0]?.text ?? "")).toBeLessThan(1_000);
    await persistNext();
    expect(outcomes()).toEqual([[1, 0, 0]]);
  });

  it("of an event are stored with it", async () => {
    await dispatch(await makeEnvelope(["x"], { item: { region: "north" } }));
    await persistNext();
    expect(services.events.all()).toMatchObject([{ event_id: "x", region: "north" }]);
  });
});
