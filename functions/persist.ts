import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { WORK_QUEUE } from "../shared/pipeline/work-queue.ts";

app.storageQueue("persist", {
  connection: "AzureWebJobsStorage",
  queueName: WORK_QUEUE,
  handler: (message, context) => headrace().persist(message, context),
});
