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
  /** Whether an item was seen in the lane for bulk until all were stored. */
  const sendAndWatch = async (round: number): Promise<boolean> => {
    let [isOver, wasSeen] = [false, false];
    const settled = Promise.all([0, 1, 2].map((n) => org.post(batch(3 * round + n)))).then(async (answers) => {
      for (const { status, body } of answers) {
        expect(status).toBe(202);
        expect(await org.settled(body.receipt_id)).toMatchObject({ stored: 1_500 });
      }
    });
    const end = settled.finally(() => {
      isOver = true;
    });
    while (!isOver) if ((await bulk.getProperties()).approximateMessagesCount) wasSeen = true;
    await end;
    return wasSeen;
  };
  let round = 0;
  // What is far above the others is what others send at that moment: those of other tests, too.
  await until(async () => (await sendAndWatch(round++)) || undefined);
});
