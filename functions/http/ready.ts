import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("ready", {
  methods: ["GET", "HEAD"],
  route: "api/health/ready",
  authLevel: "anonymous",
  handler: (request, context) => headrace().ready(request, context),
});
