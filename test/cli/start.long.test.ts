import { QueueServiceClient } from "@azure/storage-queue";
import { expect, test } from "vitest";
import { expectAllGone, startReady } from "./start-support.ts";
import { makeFolder } from "./support.ts";

test("start: a killed launcher leaves no process behind, and the next start waits for its services to end", {
  timeout: 120_000,
}, async () => {
  const state = makeFolder();
  const { command, ready } = await startReady(state);
  const queue = QueueServiceClient.fromConnectionString(ready.storage.connectionString).getQueueClient("work");
  await queue.sendMessage("acknowledged just before", { visibilityTimeout: 3600 });
  command.child.kill("SIGKILL");
  await command.finished;
  const next = await startReady(state);
  await expectAllGone(ready.pids);
  const again = QueueServiceClient.fromConnectionString(next.ready.storage.connectionString).getQueueClient("work");
  expect((await again.getProperties()).approximateMessagesCount).toBe(1);
  next.command.child.kill("SIGTERM");
  expect(await next.command.finished).toMatchObject({ code: 0 });
});
