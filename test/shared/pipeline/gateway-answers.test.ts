import { type CosmosGate, nameOperation } from "@headrace/emulators/cosmos/gate.ts";
import type { CosmosResponse } from "@headrace/emulators/cosmos/request.ts";
import { startCosmosEmulator } from "@headrace/emulators/cosmos/server.ts";
import { expect, it, onTestFinished } from "vitest";
import { provisionCosmos } from "../../../local/launcher/provision.ts";
import { packContent } from "../../../shared/envelope/content.ts";
import { encodeFrame } from "../../../shared/envelope/frame.ts";
import { createCosmosEventStore } from "../../../shared/event/cosmos-event-store.ts";
import { createCosmosLedgerStore } from "../../../shared/ledger/cosmos-ledger-store.ts";
import { persistWorkItem } from "../../../shared/pipeline/persist-work-item.ts";
import { encodeWorkItem } from "../../../shared/pipeline/work-item.ts";
import { createCosmosQuarantineStore } from "../../../shared/quarantine/cosmos-quarantine-store.ts";
import { createKeyRing } from "../../../shared/receipt/key-ring.ts";
import { mintReceipt, slotOf } from "../../../shared/receipt/receipt-id.ts";
import { createMemoryBudget } from "../../../shared/runtime/memory-budget.ts";
import { connectCosmos } from "../../../shared/store/cosmos.ts";
import { silent } from "../../../shared/telemetry/log.ts";
import { createMemoryClaimStore } from "../../support/memory-claim-store.ts";
import { createMemoryWorkQueue } from "../../support/memory-work-queue.ts";

const keys = createKeyRing([Buffer.alloc(32, 7)]);

/** The pipeline on an emulator. Requests of a kind, in a container, are answered by a gateway until it is well. */
async function start(container: string, operation: string, answer: CosmosResponse) {
  const gateway = { well: false };
  const gate: CosmosGate = {
    enter: async (request) => {
      const isMeant = request.route.resourceType === "docs" && request.route.container === container;
      return isMeant && !gateway.well && nameOperation(request) === operation ? answer : undefined;
    },
  };
  const emulator = await startCosmosEmulator({ port: 0, dataDir: ":memory:", gate });
  await provisionCosmos(emulator, { getToken: async () => null });
  const cosmos = connectCosmos({ endpoint: emulator.endpoint, key: emulator.key }, () => {
    throw new Error("it has a key");
  });
  onTestFinished(async () => {
    cosmos.close();
    await emulator.close();
  });
  const { events, ledger, quarantine } = cosmos.containers;
  return {
    gateway,
    events: createCosmosEventStore(events),
    ledger: createCosmosLedgerStore(ledger),
    quarantine: createCosmosQuarantineStore(quarantine),
    claims: createMemoryClaimStore(),
    queue: createMemoryWorkQueue(),
    memory: createMemoryBudget(1024 * 1024),
    tellNewer: async () => undefined,
  };
}

async function makeWork(events: number): Promise<{ readonly text: string; readonly receiptId: string }> {
  const { receiptId } = mintReceipt(keys, "a", Date.now(), events);
  const items = Array.from({ length: events }, (_, i) => ({
    e: { event_id: `e${i}`, event_type: "t", timestamp: "2026-11-22T10:00:00.000Z" },
  }));
  const { body, bytes } = await packContent(items.map((item) => JSON.stringify(item)));
  const head = { org_id: "a", receipt_id: receiptId, events, bytes };
  return { receiptId, text: encodeWorkItem(0, [encodeFrame({ kind: "inline", head, body })]) };
}

const empty = (status: number): CosmosResponse => ({ status, headers: {}, body: "" });
const html = (status: number): CosmosResponse => ({ status, headers: {}, body: "<html></html>" });

it.each([
  ["a look at the ledger, 503 without a body", 1, "ledger", "read", empty(503)],
  ["a look at the ledger, 404 without a body", 1, "ledger", "read", empty(404)],
  ["a create, 503 without a body", 1, "events", "create", empty(503)],
  ["a create, 400 with a page for people", 1, "events", "create", html(400)],
  ["a create, 413 without a body", 1, "events", "create", empty(413)],
  ["a bulk request, 503 without a body", 3, "events", "bulk", empty(503)],
  ["a bulk request, 413 with a page for people", 3, "events", "bulk", html(413)],
  ["the ledger entry, 502 without a body", 1, "ledger", "batch", empty(502)],
  ["the ledger entry, 409 without a body", 1, "ledger", "batch", empty(409)],
] as const)(
  "a gateway's answer to %s puts the work back at the first and the fifth try, and quarantines nothing",
  async (...[, events, container, operation, answer]) => {
    for (const tries of [1, 5]) {
      // Event by event there is no bulk request.
      const asked = tries === 5 && operation === "bulk" ? "create" : operation;
      const services = await start(container, asked, answer);
      const { text, receiptId } = await makeWork(events);
      await persistWorkItem(services, text, tries, silent);
      const [put] = services.queue.messages.splice(0);
      expect(put?.text).toMatch(/^w1:1:/);
      services.gateway.well = true;
      expect(await services.ledger.readEntry("a", slotOf(receiptId), receiptId)).toBeUndefined();
      await persistWorkItem(services, put?.text ?? "", 1, silent);
      expect(services.queue.messages).toEqual([]);
      const entry = await services.ledger.readEntry("a", slotOf(receiptId), receiptId);
      expect(entry).toMatchObject({ outcomes: [events, 0, 0] });
    }
  },
);
