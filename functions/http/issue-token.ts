import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("issue-token", {
  methods: ["POST"],
  route: "api/v1/auth/token",
  authLevel: "anonymous",
  handler: (request, context) => headrace().issueToken(request, context),
});
