import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("read-event", {
  methods: ["GET"],
  route: "api/v1/events/{event_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().readEvent(request, context),
});
