import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("refresh-session", {
  methods: ["POST"],
  route: "api/v1/auth/refresh",
  authLevel: "anonymous",
  handler: (request, context) => headrace().refreshSession(request, context),
});
