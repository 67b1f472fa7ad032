import { QueueServiceClient } from "@azure/storage-queue";
import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { SERVICE_ORG_ID } from "../../shared/identity/org-id.ts";
import { createCosmosQuarantineStore } from "../../shared/quarantine/cosmos-quarantine-store.ts";
import { createQuarantine } from "../../shared/quarantine/quarantine.ts";
import { uuidv7 } from "../../shared/runtime/uuid.ts";
import { queues } from "../../shared/store/resources.ts";
import { runCommandToEnd } from "../cli/support.ts";
import { createMemoryClaimStore } from "../support/memory-claim-store.ts";
import { callAs } from "../support/people.ts";
import { cosmos, documents, type Json, makeOrg, product, until } from "../support/product.ts";

const call = (method: string, path: string, body?: unknown) =>
  callAs(product.operatorKey, method, `/api/v1/operator/quarantine${path}`, body);

/** A message of a queue that is none of ours, once it is listed. */
async function sendForeign(name: string): Promise<{ readonly text: string; readonly one: Json }> {
  const text = `no message of ours ${uuidv7(Date.now())}`;
  const service = QueueServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "");
  await service.getQueueClient(name).sendMessage(text);
  const one = await until(async () => {
    const { body } = await call("GET", "?limit=1000");
    return (body.events as Json[]).find(({ message }) => String(message).includes(text));
  });
  return { text, one };
}

describe("what belongs to no org", () => {
  it.each([queues.work, queues.workBulk, queues.jobs])(
    "and came by %s, is listed for the operator and read byte for byte",
    async (name) => {
      const { text, one } = await sendForeign(name);
      expect(one).toMatchObject({ code: "unreadable_envelope", index: null, receipt_id: "" });
      const { status, body } = await call("GET", `/${one.quarantine_id}`);
      expect([status, body.event]).toEqual([200, { as: "envelope", base64: Buffer.from(text).toString("base64") }]);
    },
  );

  it("is given up with a reason, once, with a line in the service's trail, and is not made again by a slow try", async () => {
    const { text, one } = await sendForeign(queues.work);
    const path = `/${one.quarantine_id}`;
    expect((await call("POST", `${path}/discard`, {})).body.code).toBe("invalid_body");
    const reason = "a stranger's";
    const answers = await Promise.all([1, 2, 3].map(() => call("POST", `${path}/discard`, { reason })));
    const [done] = answers.filter(({ status }) => status === 200);
    expect(done?.body).toMatchObject({ what: "discarded", reason });
    for (const { status } of answers) expect([200, 410, 503]).toContain(status);
    const gone = await call("GET", path);
    expect([gone.status, gone.body]).toEqual([410, expect.objectContaining({ what: "discarded", at: done?.body.at })]);
    const lines = await documents.findAudit(SERVICE_ORG_ID, { action: "event.discarded", limit: 1_000 });
    const own = lines.filter(({ target }) => target === `quarantine:${one.quarantine_id}`);
    expect(own).toMatchObject([{ details: { reason }, actor: expect.stringMatching(/^operator:/) }]);
    const store = createCosmosQuarantineStore(cosmos.containers.quarantine);
    const again = createQuarantine(store, createMemoryClaimStore());
    expect(await again.keepBytes(String(one.message), Buffer.from(text))).toEqual({ status: "conflict" });
    const { body } = await call("GET", "?limit=1000");
    expect((body.events as Json[]).map(({ quarantine_id }) => quarantine_id)).not.toContain(one.quarantine_id);
    const { violations } = await proveAccount(accessOf(product.env), cosmos.containers);
    expect(violations.filter((violation) => violation.includes(SERVICE_ORG_ID))).toEqual([]);
  });

  it("is listed, shown and given up by `headrace quarantine`", async () => {
    const { text, one } = await sendForeign(queues.work);
    const id = String(one.quarantine_id);
    const run = async (...args: string[]) => {
      const ended = await runCommandToEnd("quarantine", [...args, "--state", product.stateDir]);
      expect(ended).toMatchObject({ code: 0, stderr: "" });
      return ended.stdout;
    };
    expect(await run()).toMatch(new RegExp(`^ {2}${id} .+ unreadable_envelope +work queue: ${text}$`, "m"));
    expect(await run(id)).toContain(`bytes    ${text.length}, beginning with no message of ours`);
    expect(await run(id, "--bytes")).toBe(text);
    expect(await run(id, "--discard", "a stranger's")).toMatch(/^Given up at \d{4}-/);
    expect(await run()).not.toContain(id);
  });

  it("is nothing to an org, and an org's is nothing to the operator", async () => {
    const org = await makeOrg();
    const { body } = await org.post([{ event_type: "paid" }, { event_type: "paid", user_id: 7 }]);
    await org.settled(body.receipt_id);
    const { one } = await sendForeign(queues.work);
    expect((await org.get(`/api/v1/quarantine/${one.quarantine_id}`)).body.code).toBe("quarantined_not_found");
    expect((await org.get("/api/v1/operator/quarantine")).status).toBe(403);
    for (const id of [`${body.receipt_id}:1`, "none", "place.1"])
      expect((await call("GET", `/${id}`)).body.code).toBe("quarantined_not_found");
  });
});
