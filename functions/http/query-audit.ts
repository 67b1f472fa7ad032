import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("query-audit", {
  methods: ["GET"],
  route: "api/v1/audit",
  authLevel: "anonymous",
  handler: (request, context) => headrace().queryAudit(request, context),
});
