import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("live", {
  methods: ["GET", "HEAD"],
  route: "api/health/live",
  authLevel: "anonymous",
  handler: (request, context) => headrace().live(request, context),
});
