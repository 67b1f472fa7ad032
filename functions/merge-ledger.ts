import { app } from "@azure/functions";
import { headrace } from "../shared/compose/app.ts";
import { triggers } from "./triggers.ts";

app.timer("merge-ledger", {
  ...triggers.timer["merge-ledger"],
  handler: (_timer, context) => headrace().mergeLedger(context),
});
