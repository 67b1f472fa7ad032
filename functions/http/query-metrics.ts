import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("query-metrics", {
  methods: ["GET"],
  route: "api/v1/metrics/events",
  authLevel: "anonymous",
  handler: (request, context) => headrace().queryMetrics(request, context),
});
