import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("show-signed-in", {
  methods: ["GET"],
  route: "api/v1/auth/signed-in",
  authLevel: "anonymous",
  handler: (request, context) => headrace().showSignedIn(request, context),
});
