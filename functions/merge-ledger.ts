import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";

app.timer("merge-ledger", {
  schedule: "*/5 * * * * *",
  handler: (_timer, context) => headrace().mergeLedger(context),
});
