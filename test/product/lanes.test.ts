import { QueueServiceClient } from "@azure/storage-queue";
import { expect, it } from "vitest";
import { queues } from "../../shared/store/resources.ts";
import { makeOrg, product, until } from "../support/product.ts";

it("what an org sends far above the others is done in the lane for bulk", async () => {
  const org = await makeOrg();
  const bulk = QueueServiceClient.fromConnectionString(product.env.AzureWebJobsStorage ?? "").getQueueClient(
    queues.workBulk,
  );
  const batch = (n: number) => Array.from({ length: 1_500 }, (_, i) => ({ event_id: `${n}-${i}`, event_type: "t" }));
  const answers = Promise.all([0, 1, 2].map((n) => org.post(batch(n))));
  await until(async () => ((await bulk.getProperties()).approximateMessagesCount ? true : undefined));
  for (const { status, body } of await answers) {
    expect(status).toBe(202);
    expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1_500 });
  }
});
