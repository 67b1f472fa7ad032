import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("query-events", {
  methods: ["GET"],
  route: "api/v1/events",
  authLevel: "anonymous",
  handler: (request, context) => headrace().queryEvents(request, context),
});
