import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("read-receipt", {
  methods: ["GET"],
  route: "api/v1/receipts/{receipt_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().readReceipt(request, context),
});
