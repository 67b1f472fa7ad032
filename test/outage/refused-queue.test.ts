import { QueueServiceClient } from "@azure/storage-queue";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Stack } from "../../local/launcher/stack.ts";
import { readRunning } from "../../local/launcher/state.ts";
import type { UnexpectedExit } from "../../local/launcher/supervisor.ts";
import { queues } from "../../shared/store/resources.ts";
import type { RunningProduct } from "../support/connect-product.ts";
import { startTestStack } from "../support/start-test-stack.ts";
import { until } from "../support/until.ts";

async function startProduct(): Promise<{ stack: Stack; product: RunningProduct; shutDowns: UnexpectedExit[] }> {
  const shutDowns: UnexpectedExit[] = [];
  const { stack, product, end } = await startTestStack({
    chaos: { profile: "off" },
    hostArgs: ["--queue-lease", "2"],
    onHostShutDown: (exit) => shutDowns.push(exit),
  });
  onTestFinished(end);
  return { stack, product, shutDowns };
}

const isLive = async (product: RunningProduct): Promise<true | undefined> =>
  (await product.request("/api/health/live").catch(() => undefined))?.status === 200 ? true : undefined;

describe("a host whose queue refuses it", () => {
  it("is started again and again, and what was accepted is stored when the role is back", async () => {
    const { stack, product, shutDowns } = await startProduct();
    const org = await product.makeOrg();
    const { body } = await org.post([{ event_id: "a", event_type: "t" }]);
    stack.faults?.refuseQueues(true);
    await until(async () => (shutDowns.length > 2 ? true : undefined), 60_000);
    stack.faults?.refuseQueues(false);
    await until(() => isLive(product), 60_000);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1, quarantined: 0 });
    expect(shutDowns[0]?.message).toContain("Host is shutting down.");
    expect(readRunning(stack.stateDir)?.children["functions-host"]?.pid).toBe(stack.pids()["functions-host"]);
    // However many hosts took the work item: none of them gives it up.
    const service = QueueServiceClient.fromConnectionString(stack.storage.connectionString ?? "");
    const { peekedMessageItems } = await service.getQueueClient(queues.workPoison).peekMessages();
    expect(peekedMessageItems).toEqual([]);
  });

  it("stays down when it was told to end meanwhile, until it is started", async () => {
    const { stack, product, shutDowns } = await startProduct();
    stack.faults?.refuseQueues(true);
    await until(async () => (shutDowns.length > 0 ? true : undefined), 30_000);
    await stack.kill("functions-host");
    stack.faults?.refuseQueues(false);
    expect(await isLive(product)).toBeUndefined();
    await stack.restart("functions-host");
    expect(await isLive(product)).toBe(true);
  });
});
