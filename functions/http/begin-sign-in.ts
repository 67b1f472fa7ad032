import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("begin-sign-in", {
  methods: ["GET"],
  route: "api/v1/auth/login",
  authLevel: "anonymous",
  handler: (request, context) => headrace().beginSignIn(request, context),
});
