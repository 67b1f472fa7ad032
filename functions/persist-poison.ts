import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { WORK_QUEUE } from "../shared/pipeline/work-queue.ts";

app.storageQueue("persist-poison", {
  connection: "AzureWebJobsStorage",
  queueName: `${WORK_QUEUE}-poison`,
  handler: (message, context) => headrace().persistPoison(message, context),
});
