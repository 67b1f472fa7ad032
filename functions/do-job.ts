import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.storageQueue("do-job", {
  ...triggers.storageQueue["do-job"],
  handler: (message, context) => headrace().doJob(message, context),
});
