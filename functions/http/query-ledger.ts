import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("query-ledger", {
  methods: ["GET"],
  route: "api/v1/ledger",
  authLevel: "anonymous",
  handler: (request, context) => headrace().queryLedger(request, context),
});
