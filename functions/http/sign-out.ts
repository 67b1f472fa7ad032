import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("sign-out", {
  methods: ["POST"],
  route: "api/v1/auth/logout",
  authLevel: "anonymous",
  handler: (request, context) => headrace().signOut(request, context),
});
