import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("ingest-events", {
  methods: ["POST"],
  route: "api/v1/events",
  authLevel: "anonymous",
  handler: (request, context) => headrace().ingestEvents(request, context),
});
