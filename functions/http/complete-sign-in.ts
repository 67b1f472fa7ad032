import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("complete-sign-in", {
  methods: ["GET"],
  route: "api/v1/auth/callback/{provider}",
  authLevel: "anonymous",
  handler: (request, context) => headrace().completeSignIn(request, context),
});
