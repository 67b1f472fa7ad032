import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("list-sessions", {
  methods: ["GET"],
  route: "api/v1/sessions",
  authLevel: "anonymous",
  handler: (request, context) => headrace().listSessions(request, context),
});
