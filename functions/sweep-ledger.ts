import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.timer("sweep-ledger", {
  ...triggers.timer["sweep-ledger"],
  handler: (_timer, context) => headrace().sweepLedger(context),
});
