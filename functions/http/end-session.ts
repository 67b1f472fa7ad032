import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("end-session", {
  methods: ["DELETE"],
  route: "api/v1/sessions/{session_id}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().endSession(request, context),
});
