import { execFile } from "node:child_process";
import process from "node:process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { proveAccount } from "../../cli/account/prove-account.ts";
import { accessOf } from "../../local/launcher/product-access.ts";
import { slotOf } from "../../shared/receipt/receipt-id.ts";
import { startTestStack } from "../support/start-test-stack.ts";

describe("under faults and kills", () => {
  it("nothing is lost and nothing counted twice", { timeout: 240_000 }, async () => {
    const flags = [
      ...["--seconds", "8", "--rate", "400", "--seed", "3"],
      // Two releases take turns; that both are this one changes nothing of how.
      ...["--last", process.cwd(), "--turns", "1"],
      ...["--host", "2", "--emulators", "1", "--pauses", "1", "--second-hosts", "1", "--jumps", "2", "--refusals", "1"],
    ];
    const { stdout } = await promisify(execFile)(process.execPath, ["bench/chaos.ts", ...flags]);
    expect(stdout).toContain("Nothing lost, nothing counted twice, the account is proven.");
    for (const done of [
      "2 × host killed",
      "1 × second host",
      "2 × clock put forward",
      "2 × clock put back",
      "1 × queues refused",
      "1 × host of this release started",
    ])
      expect(stdout).toContain(done);
    expect(stdout).toMatch(/hosts that shut themselves down: [1-9]/);
    expect(stdout).toMatch(/\d+ × cosmos throttled/);
    expect(stdout).toMatch(/[1-9]\d* quarantined/);
    expect(stdout).toMatch(/rare branches met, [1-9]\d* of \d+: .*× event-stored-before/);
    expect(stdout).toMatch(/readings checked while it ran, .*: .* × event, .* × ledger, .* × metrics, .* × receipt/);
  });
});

describe("the account", () => {
  it("is proven for a product at rest, and names the documents that were tampered with", {
    timeout: 120_000,
  }, async () => {
    const { stack, product, end } = await startTestStack();
    try {
      const org = await product.makeOrg();
      const events = ["a", "b", "c"].map((event_id) => ({ event_id, event_type: "t" }));
      const first = await org.post([...events, { event_type: "" }]);
      await org.settled(first.body.receipt_id);
      const second = await org.post([events[0], { event_id: "d", event_type: "t" }]);
      await org.settled(second.body.receipt_id);
      const { events: stored, ledger, quarantine } = product.cosmos.containers;
      const prove = () => proveAccount(accessOf(stack.env), product.cosmos.containers);
      const account = { orgId: org.orgId, envelopes: 2, accepted: 6, stored: 4, duplicate: 1, quarantined: 1 };
      expect(await prove()).toEqual({ orgs: [account], messages: 2, unreadable: 0, foreign: 0, violations: [] });

      const [receipt, other] = [String(first.body.receipt_id), String(second.body.receipt_id)];
      await stored.item("a", [org.orgId, "a"]).delete();
      expect((await prove()).violations).toEqual([`${org.orgId}: ${receipt} counts 3 as stored, 2 are`]);
      await quarantine.item(`${receipt}:3`, [org.orgId, `${receipt}:3`]).delete();
      expect((await prove()).violations).toContain(`${org.orgId}: ${receipt} counts 1 as quarantined, 0 are`);
      // Its delta, or the head that has taken it up, still has it.
      await ledger.item(other, [org.orgId, slotOf(other)]).delete();
      const { violations } = await prove();
      expect(violations).toContain(`${org.orgId}: the envelope ${other} has no ledger entry`);
      expect(violations).toContain(`${org.orgId}: the sums of the ledger and what is open are not all entries`);
    } finally {
      await end();
    }
  });
});
