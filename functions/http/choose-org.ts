import { app } from "@azure/functions";
import { headrace } from "../../shared/compose/app.ts";

app.http("choose-org", {
  methods: ["POST"],
  route: "api/v1/auth/choose",
  authLevel: "anonymous",
  handler: (request, context) => headrace().chooseOrg(request, context),
});
